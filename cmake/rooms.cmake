# room(<name> MAY_USE <rooms...> [LIBRARIES <targets...>] [HIDDEN <targets...>])
#
# A room is a folder of src/, a namespace and a static library of the same name. MAY_USE is the whole
# list of rooms it may include (DESIGN §2); LIBRARIES are third-party targets that its headers show,
# HIDDEN ones stay inside its .cpp files.
function(room name)
  cmake_parse_arguments(ROOM "" "" "MAY_USE;LIBRARIES;HIDDEN" ${ARGN})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_library(codecrucible_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(codecrucible_${name} PUBLIC codecrucible_flags PRIVATE ${ROOM_HIDDEN})
  else()
    add_library(codecrucible_${name} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(codecrucible_${name} INTERFACE codecrucible_flags)
  endif()
  target_sources(codecrucible_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}/src FILES ${headers})
  target_include_directories(codecrucible_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(codecrucible_${name} ${scope} ${ROOM_LIBRARIES})
  foreach(used ${ROOM_MAY_USE})
    target_link_libraries(codecrucible_${name} ${scope} codecrucible_${used})
  endforeach()
endfunction()

# room_tests(<name> [LIBRARIES <targets...>]): one doctest program of all tests/<name>/*.cpp.
function(room_tests name)
  cmake_parse_arguments(ROOM "" "" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources} ${CMAKE_SOURCE_DIR}/tests/doctest_main.cpp)
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/tests/doctest_main.cpp PROPERTIES COMPILE_DEFINITIONS
    "CODECRUCIBLE_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\";CODECRUCIBLE_BINARY_DIR=\"${CMAKE_BINARY_DIR}\"")
  target_link_libraries(test_${name} PRIVATE doctest::doctest codecrucible_flags ${ROOM_LIBRARIES})
  # What is tested is optimised as ever; the sentences that test it compile twice as fast so.
  target_compile_options(test_${name} PRIVATE -O0)
  # From the source folder: the shipped models and data are found as by a user.
  add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
