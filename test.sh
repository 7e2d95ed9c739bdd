#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests. A second run only runs the tests.
#   ./test.sh [PRESET]     release (default), debug, asan, tsan
set -euo pipefail
cd "$(dirname "$0")"
preset=${1:-release}
case "$preset" in
  release | debug) tools/setup.sh build test ;;
  *) tools/setup.sh build test ci ;;
esac
tools/build.sh "$preset" checked
if [ "$preset" = release ]; then tests/sdk/install.sh || true; fi
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j3  # most of what they take is waiting
