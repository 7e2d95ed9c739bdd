#!/usr/bin/env bash
# tools/profile.sh: records which ways through the code requests take, under the load of benchmarks/run.py, and
# writes them to cmake/requests.profdata, by which release builds are laid out. A build of its own: ten minutes.
# Worth it when benchmarks/instructions.py shows more instructions for no reason of their own.
set -euo pipefail
cd "$(dirname "$0")/.."
merge=/usr/lib/llvm-19/bin/llvm-profdata
[ -x "$merge" ] || { echo "tools/profile.sh: llvm-profdata is missing:  apt-get install llvm-19" >&2; exit 1; }
cmake --preset release -B build/profile -DCODECRUCIBLE_UNITY=ON -DCODECRUCIBLE_TESTS=OFF -DCODECRUCIBLE_PROFILE=record >/dev/null
cmake --build build/profile --target codecrucible driver canned_backend
rm -rf build/profile/raw
LLVM_PROFILE_FILE="$PWD/build/profile/raw/%m.profraw" benchmarks/run.py --quick --build build/profile
# The gateway's alone: it is the largest; the driver and the canned backend write theirs, too.
"$merge" merge --sparse -o cmake/requests.profdata "$(ls -S build/profile/raw/*.profraw | head -1)"
ls -l cmake/requests.profdata
