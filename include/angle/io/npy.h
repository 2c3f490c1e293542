// The header of a NumPy .npy file, version 1.0
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace angle {

/// The 128 bytes before the data of a row-major array [rows, columns]. The length does not depend on the
/// number of rows, so a header written first can be overwritten when the rows have been counted.
///
/// @param descr  element type as NumPy spells it: "<f4", "|i1", "|u1"
std::string npy_header(std::string_view descr, int64_t rows, int64_t columns);

}  // namespace angle
