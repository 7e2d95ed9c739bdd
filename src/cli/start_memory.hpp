#pragma once

namespace codecrucible::cli {

// Gives back what only the start needed: free heap, and the mapped pages of program and libraries, of which
// those that are used come back from the page cache with their first use.
void give_back_start_memory();

}  // namespace codecrucible::cli
