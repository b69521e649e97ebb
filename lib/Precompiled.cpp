// Owns the precompiled header; see AttnBuild.cmake.
