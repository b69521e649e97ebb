# How every library and tool of this project is declared. LLVM and MLIR come as the two shared libraries: one copy of
# every registration, and tools that link in a second.

# One precompiled header for all C++ that includes MLIR: it turns 10 s per file into 2 s.
add_library(attn-pch OBJECT ${PROJECT_SOURCE_DIR}/lib/Precompiled.cpp)
target_precompile_headers(attn-pch PRIVATE ${PROJECT_SOURCE_DIR}/lib/Precompiled.h)
target_compile_options(attn-pch PRIVATE -fno-exceptions)

# What attn/InitAll.h registers: who includes it links these.
set(ATTN_REGISTERED_LIBRARIES
  MLIRAttnAnalysis
  MLIRAttnArtifact
  MLIRAttnDialect
  MLIRAttnGPU
  MLIRAttnMaskEmission
  MLIRAttnPipelines
  MLIRAttnTargetTransforms
  MLIRAttnTileDialect
  MLIRAttnTileToNVVM
  MLIRAttnToLinalg
  MLIRAttnToTile
  MLIRAttnToVector
  MLIRAttnTransforms
  MLIRAttnX86)

# Everything TableGen writes; libraries depend on it.
add_custom_target(attn-headers)

function(attn_use_mlir target)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
  target_precompile_headers(${target} REUSE_FROM attn-pch)
  add_dependencies(${target} attn-headers)
endfunction()

# attn_add_library(NAME sources... [PLAIN] [DEPENDS targets...] [LINK libraries...])
# PLAIN: no MLIR inside, so neither its header nor its libraries.
function(attn_add_library name)
  cmake_parse_arguments(ARG "PLAIN" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  if(NOT ARG_PLAIN)
    attn_use_mlir(${name})
    target_link_libraries(${name} PUBLIC MLIR LLVM AttnLLVMHeaders)
  endif()
  target_include_directories(${name} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  install(TARGETS ${name} EXPORT AttnMLIRTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  set_property(GLOBAL APPEND PROPERTY ATTN_INSTALLED ${name})
endfunction()

# attn_add_tool(NAME sources... [PLAIN] [LINK libraries...])
function(attn_add_tool name)
  cmake_parse_arguments(ARG "PLAIN" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  if(NOT ARG_PLAIN)
    attn_use_mlir(${name})
    # As the precompiled header was made: -fPIE would not fit it.
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIC)
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_LINK})
  install(TARGETS ${name} EXPORT AttnMLIRTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  set_property(GLOBAL APPEND PROPERTY ATTN_INSTALLED ${name})
  # All tools in one folder, for people: build/bin/NAME.
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  file(CREATE_LINK ${CMAKE_CURRENT_BINARY_DIR}/${name} ${PROJECT_BINARY_DIR}/bin/${name} SYMBOLIC)
endfunction()
