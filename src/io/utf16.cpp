#include "io/utf16.h"

#include <array>

#include "angle/error.h"

namespace angle {
namespace {

/// The name that iconv has for it; "" when it isn't UTF-16. A first line with a dash or curly quotes has a
/// byte there that is not 0.
std::string utf16_name(std::string_view start) {
  constexpr size_t kEnough = 256, kTooFew = 4;
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) return "UTF-16";
  start = start.substr(0, kEnough);
  if (start.size() < kTooFew) return "";
  std::array<size_t, 2> zeros{};  // at even and at odd places
  for (size_t i = 0; i < start.size(); ++i) zeros[i % 2] += start[i] == '\0' ? 1 : 0;
  const size_t most = start.size() / 2 * 3 / 4;
  if (zeros[0] == 0 && zeros[1] > most) return "UTF-16LE";
  return zeros[1] == 0 && zeros[0] > most ? "UTF-16BE" : "";
}

}  // namespace

void refuse_utf16(std::string_view start, const std::string& file) {
  const std::string name = utf16_name(start);
  if (name.empty()) return;
  fail("{}: UTF-16, expected UTF-8; `iconv -f {} -t UTF-8` makes that of it", file, name);
}

}  // namespace angle
