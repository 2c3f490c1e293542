# The imported target `libtorch`: LibTorch's headers and libraries.
#
# The folder is -DLIBTORCH_DIR=…, else the one that scripts/setup.sh unpacked (with CUDA where that is there and
# -DANGLE_CUDA=ON). The TorchConfig.cmake of the PyPI wheel is not used: it demands an installed CUDA toolkit even
# for a program that links the CPU libraries alone.
set(angle_cache_dir "$ENV{ANGLE_CACHE_DIR}")
if(angle_cache_dir STREQUAL "")
  set(angle_cache_dir "$ENV{HOME}/.cache/angle")
endif()
option(ANGLE_CUDA "Use the LibTorch with CUDA that scripts/setup.sh --cuda unpacked" OFF)
if(ANGLE_CUDA)
  set(libtorch_kind cuda)
else()
  set(libtorch_kind cpu)
endif()
set(LIBTORCH_DIR "" CACHE PATH "A folder with LibTorch's lib/ and include/; empty: the one that scripts/setup.sh unpacked")
if(LIBTORCH_DIR)
  set(libtorch_dir "${LIBTORCH_DIR}")
else()
  set(libtorch_dir "${angle_cache_dir}/libtorch-2.11.0-${libtorch_kind}")
endif()
get_filename_component(libtorch_dir "${libtorch_dir}" ABSOLUTE BASE_DIR "${CMAKE_SOURCE_DIR}")
if(NOT EXISTS "${libtorch_dir}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "${libtorch_dir}: no lib/libtorch_cpu.so there; run scripts/setup.sh, or give -DLIBTORCH_DIR=/path/to/libtorch")
endif()

# LibTorch brings its own copy of {fmt}, of another version than the one that Debian's spdlog was built with. A folder of
# links to everything but that copy keeps the two apart.
set(libtorch_include "${CMAKE_BINARY_DIR}/libtorch-include")
file(MAKE_DIRECTORY "${libtorch_include}")
file(GLOB libtorch_headers RELATIVE "${libtorch_dir}/include" "${libtorch_dir}/include/*")
list(REMOVE_ITEM libtorch_headers fmt)
foreach(entry IN LISTS libtorch_headers)
  file(CREATE_LINK "${libtorch_dir}/include/${entry}" "${libtorch_include}/${entry}" SYMBOLIC)
endforeach()

add_library(libtorch INTERFACE)
target_include_directories(libtorch SYSTEM INTERFACE "${libtorch_include}" "${libtorch_include}/torch/csrc/api/include")
target_link_libraries(libtorch INTERFACE "${libtorch_dir}/lib/libtorch_cpu.so" "${libtorch_dir}/lib/libc10.so")

# at::parallel_for is inline code that uses threads only where it is compiled with OpenMP. The run time must be LibTorch's own:
# two of them in one process would start twice the threads.
target_compile_options(libtorch INTERFACE -fopenmp)
file(GLOB libtorch_openmp "${libtorch_dir}/lib/libgomp*.so*")
if(NOT libtorch_openmp)
  set(libtorch_openmp gomp)
endif()
target_link_libraries(libtorch INTERFACE ${libtorch_openmp})

# libtorch_cuda.so is used through the dispatcher only, so the linker would drop it.
if(EXISTS "${libtorch_dir}/lib/libtorch_cuda.so")
  set(ANGLE_WITH_CUDA TRUE)
  target_link_libraries(libtorch INTERFACE
    -Wl,--no-as-needed "${libtorch_dir}/lib/libtorch_cuda.so" "${libtorch_dir}/lib/libc10_cuda.so" -Wl,--as-needed)
  # Only what several GPUs exchange tensors with (src/distributed/nccl.cpp) needs CUDA's headers.
  # An nccl.h of the system may be of another version than the NCCL that LibTorch was built with.
  find_path(nccl_headers nccl.h HINTS "${libtorch_dir}/include" PATH_SUFFIXES cuda NO_CACHE NO_DEFAULT_PATH)
  find_path(cuda_headers crt/host_defines.h HINTS "${libtorch_dir}/include" /usr/local/cuda/include PATH_SUFFIXES cuda NO_CACHE)
  if(nccl_headers AND cuda_headers)
    set(ANGLE_WITH_NCCL TRUE)
  else()
    message(STATUS "No nccl.h or no CUDA headers: several processes will not train on GPUs")
  endif()
endif()
# What LibTorch's own libraries link (OpenMP, cupti, cuDNN …) lies beside them or, in a full CUDA wheel, in nvidia/*/lib.
target_link_options(libtorch INTERFACE "-Wl,-rpath-link,${libtorch_dir}/lib" -Wl,--allow-shlib-undefined)
set(CMAKE_BUILD_RPATH "${libtorch_dir}/lib")
