# Finds the LLVM and MLIR that this project is written for: included by the build and, installed beside
# AttnMLIRConfig.cmake, by every project that uses the package.

# The one place that names the version.
set(ATTN_LLVM_VERSION 22)

if(NOT MLIR_DIR AND EXISTS /usr/lib/llvm-${ATTN_LLVM_VERSION}/lib/cmake/mlir)
  set(MLIR_DIR /usr/lib/llvm-${ATTN_LLVM_VERSION}/lib/cmake/mlir)
endif()
find_package(MLIR REQUIRED CONFIG)
if(NOT LLVM_VERSION_MAJOR EQUAL ATTN_LLVM_VERSION)
  message(FATAL_ERROR "expected LLVM ${ATTN_LLVM_VERSION}, got ${LLVM_PACKAGE_VERSION} in ${LLVM_DIR}; "
    "set -DMLIR_DIR=<prefix>/lib/cmake/mlir of an LLVM ${ATTN_LLVM_VERSION} installation")
endif()

# LLVM's headers, for whoever links one of our libraries. Its own targets do not carry them.
if(NOT TARGET AttnLLVMHeaders)
  add_library(AttnLLVMHeaders INTERFACE IMPORTED)
  target_include_directories(AttnLLVMHeaders INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
endif()
