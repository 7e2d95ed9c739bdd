#pragma once

#include <string>

// Where this tree and its build are. Told to one object of each test program, so that the others come out of
// the compiler cache in any checkout.
std::string source_dir();
std::string binary_dir();
