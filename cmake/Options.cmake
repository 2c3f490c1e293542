# The interface target `angle_options`: language standard, warnings (errors for our own sources) and sanitizers.
option(ANGLE_SANITIZE "Build with the address and undefined-behaviour sanitizers" OFF)

add_library(angle_options INTERFACE)
target_compile_features(angle_options INTERFACE cxx_std_20)
# Left out: sign conversions (tensor sizes are signed, containers unsigned), members that a designated initialiser leaves at
# their defaults, and what GCC 12 is mistaken about at -O3 in std::string, nlohmann::json and c10::SymInt.
target_compile_options(angle_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Werror
  -Wno-sign-conversion -Wno-missing-field-initializers -Wno-array-bounds -Wno-maybe-uninitialized
  -Wno-restrict -Wno-stringop-overread -Wno-stringop-overflow)
target_compile_definitions(angle_options INTERFACE JSON_DIAGNOSTICS=1)
target_include_directories(angle_options INTERFACE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
if(ANGLE_SANITIZE)
  target_compile_options(angle_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(angle_options INTERFACE -fsanitize=address,undefined)
endif()

if(CMAKE_UNITY_BUILD)  # to which every source is a header
  target_compile_options(angle_options INTERFACE -Wno-subobject-linkage)
endif()

# angle_unite_folders(TARGET): with CMAKE_UNITY_BUILD each folder of sources is compiled as one, where CMake would count off
# sources in the order of their list: a new one would shift which of them must not have a name in common.
function(angle_unite_folders target)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    string(MAKE_C_IDENTIFIER "folder_${folder}" group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()

find_program(CCACHE ccache)
if(CCACHE)
  # The two settings let ccache work with a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${CCACHE}")
  target_compile_options(angle_options INTERFACE -fpch-preprocess)
endif()
find_program(MOLD mold)
if(MOLD)
  target_link_options(angle_options INTERFACE -fuse-ld=mold)
endif()
