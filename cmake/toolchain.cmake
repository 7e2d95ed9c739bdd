# Compiler, warnings, sanitizers, linker: one interface target that everything links.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(WARNING "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles ordinary coroutine statements. "
                  "This code keeps to forms that are right there too, but clang++-19 is the compiler "
                  "that is tested most: use a preset (cmake --preset release).")
endif()

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(codecrucible_flags INTERFACE)
target_compile_features(codecrucible_flags INTERFACE cxx_std_20)
target_compile_options(codecrucible_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Werror
  -fno-omit-frame-pointer -gline-tables-only -pthread)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # -gline-tables-only is clang's; the warnings are false alarms of g++ 12 in library headers and coroutines.
  get_target_property(flags codecrucible_flags INTERFACE_COMPILE_OPTIONS)
  list(REMOVE_ITEM flags -gline-tables-only -Wnull-dereference)
  set_target_properties(codecrucible_flags PROPERTIES INTERFACE_COMPILE_OPTIONS "${flags}")
  target_compile_options(codecrucible_flags INTERFACE -g1 -fcoroutines -Wno-maybe-uninitialized
    -Wno-mismatched-new-delete -Wno-dangling-pointer -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict
    -Wno-missing-field-initializers)
else()
  target_compile_options(codecrucible_flags INTERFACE -Wno-missing-designated-field-initializers
    -Wno-missing-field-initializers "SHELL:-Xclang -fno-pch-timestamp")
endif()

if(CODECRUCIBLE_UNITY)
  # A name that shadows one of another file shadows nothing: builds file by file (gcc12, lint) judge it.
  target_compile_options(codecrucible_flags INTERFACE -Wno-shadow)
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(codecrucible_flags INTERFACE -fuse-ld=mold)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(codecrucible_flags INTERFACE -fuse-ld=lld-19)
endif()

# Which ways through the code requests take was recorded by tools/profile.sh; where code has changed since, the
# compiler goes by its own guess again.
set(CODECRUCIBLE_PROFILE use CACHE STRING "use: lay the code out by cmake/requests.profdata; record: write a new one; off")
set(profile ${CMAKE_SOURCE_DIR}/cmake/requests.profdata)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 19
   AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CODECRUCIBLE_SANITIZE)
  # Functions of one file are known by its name alone, wherever the tree lies.
  set(by_name "SHELL:-mllvm -static-func-full-module-prefix=false")
  if(CODECRUCIBLE_PROFILE STREQUAL "record")
    target_compile_options(codecrucible_flags INTERFACE -fprofile-generate "${by_name}")
    target_link_options(codecrucible_flags INTERFACE -fprofile-generate)
  elseif(CODECRUCIBLE_PROFILE STREQUAL "use" AND EXISTS ${profile})
    target_compile_options(codecrucible_flags INTERFACE -fprofile-use=${profile} "${by_name}"
      -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled -Wno-backend-plugin)
  endif()
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CODECRUCIBLE_SANITIZE
   AND NOT CODECRUCIBLE_PROFILE STREQUAL "record")  # mold 1.10 dies of these with a recording program
  # Code that nobody calls and code that is there twice would only be mapped.
  target_link_options(codecrucible_flags INTERFACE -Wl,--gc-sections -Wl,--icf=safe -Wl,--as-needed)
endif()

if(CODECRUCIBLE_SANITIZE)
  string(REPLACE "," "_" kind ${CODECRUCIBLE_SANITIZE})
  # Not for what a target names -O0 for itself: these options come behind its own.
  target_compile_options(codecrucible_flags INTERFACE -fsanitize=${CODECRUCIBLE_SANITIZE}
    -O$<IF:$<BOOL:$<TARGET_PROPERTY:UNOPTIMISED>>,0,1>)
  target_link_options(codecrucible_flags INTERFACE -fsanitize=${CODECRUCIBLE_SANITIZE})
  target_compile_definitions(codecrucible_flags INTERFACE CODECRUCIBLE_SANITIZED _GLIBCXX_ASSERTIONS)
  if(CODECRUCIBLE_SANITIZE MATCHES "undefined")
    target_compile_options(codecrucible_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(codecrucible_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(CODECRUCIBLE_FUZZ)
  target_compile_options(codecrucible_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
