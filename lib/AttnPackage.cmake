# What `cmake --install` adds to the headers, libraries and tools: the files that find_package(AttnMLIR) reads.
include(CMakePackageConfigHelpers)

set(ATTN_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/AttnMLIR)
configure_package_config_file(lib/AttnMLIRConfig.cmake.in AttnMLIRConfig.cmake
  INSTALL_DESTINATION ${ATTN_PACKAGE_DIR}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_BINDIR)
# Before 1.0 each minor version may change what the libraries promise.
write_basic_package_version_file(AttnMLIRConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/AttnMLIRConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/AttnMLIRConfigVersion.cmake
  lib/AttnLLVM.cmake
  DESTINATION ${ATTN_PACKAGE_DIR})
install(EXPORT AttnMLIRTargets DESTINATION ${ATTN_PACKAGE_DIR})

# A test installs the package, so the tests need all of it.
if(ATTN_ENABLE_TESTS)
  get_property(installed GLOBAL PROPERTY ATTN_INSTALLED)
  add_dependencies(attn-test-depends ${installed} attn-doc)
endif()
