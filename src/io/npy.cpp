#include "angle/io/npy.h"

#include <spdlog/fmt/fmt.h>

namespace angle {

std::string npy_header(std::string_view descr, int64_t rows, int64_t columns) {
  constexpr size_t kHeaderBytes = 128;
  std::string header("\x93NUMPY\x01\x00\x76\x00", 10);  // version 1.0; 0x76 = 118 bytes follow
  header +=
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}", descr, rows, columns);
  header.resize(kHeaderBytes - 1, ' ');
  return header + '\n';
}

}  // namespace angle
