# `cmake --install build/release --prefix DIR` makes a folder that runs on another machine: bin/angle, libexec/angle, and in
# lib/ every library it needs but the C and C++ run time.
install(TARGETS angle RUNTIME DESTINATION bin)
install(TARGETS angle_main
  RUNTIME_DEPENDENCY_SET angle_libraries
  RUNTIME DESTINATION libexec)
install(RUNTIME_DEPENDENCY_SET angle_libraries
  DIRECTORIES "${libtorch_dir}/lib"
  PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|util|pthread|gcc_s|stdc\\+\\+)\\.so"
  LIBRARY DESTINATION lib)
set_target_properties(angle_main PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
# RPATH, not RUNPATH: what the libraries themselves need (OpenSSL, for one) is looked for there too.
target_link_options(angle_main PRIVATE -Wl,--disable-new-dtags)

# CUDA's libraries load parts of themselves at run time (cuDNN's engines), which no linker knows of.
if(ANGLE_WITH_CUDA)
  install(DIRECTORY "${libtorch_dir}/lib/" DESTINATION lib)
endif()
