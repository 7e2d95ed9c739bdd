// Only here to own the precompiled headers of the test programs: cmake/precompiled.cmake.
