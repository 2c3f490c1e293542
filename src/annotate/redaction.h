// The key of a server, struck out of what the server says.
#pragma once

#include <string>

namespace angle {

/// The text with `[key]` wherever the key stands, also as JSON may spell it, within JSON, too: `sk\/1`,
/// `\u0073k\u002F1`, `sk\\\/1`. What is JSON stays JSON.
///
/// A key of less than 8 characters is struck out where it stands alone, between what is neither a letter nor
/// a digit. One of letters only, or of less than 4 characters, is left: a server without accounts is sent any
/// word, such as `none` or `EMPTY`, which is no secret, and struck out it would be missing in sentences, or
/// in the names of a reply's members.
std::string redact(const std::string& text, const std::string& key);

}  // namespace angle
