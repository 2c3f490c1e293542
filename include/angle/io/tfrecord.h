// TensorFlow's record files (tensorflow/core/lib/io/record_writer.h): bytes with their length, each with a
// checksum.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace angle {

/// CRC-32C, the Castagnoli polynomial (RFC 3720, section 12.1 and B.4).
uint32_t crc32c(std::string_view bytes);

/// One record: length (8 bytes, little-endian), masked checksum of the length (4), the bytes, masked checksum
/// of the bytes (4). Masked is rotated right by 15 bits plus 0xa282ead8, so that a checksum of bytes that
/// hold checksums stays a good one.
std::string tfrecord(std::string_view bytes);

}  // namespace angle
