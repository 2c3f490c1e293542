// Whether the tests are built with the address sanitizer (preset asan), under which neither memory nor time
// is that of the program.
#pragma once

namespace angle::testing {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace angle::testing
