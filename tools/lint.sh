#!/usr/bin/env bash
# Format, layers, coroutine forms, clang-tidy: on the whole tree.  tools/lint.sh --fix formats.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(git ls-files '*.hpp' '*.cpp')
if [ "${1:-}" = --fix ]; then
  clang-format-19 -i "${files[@]}"
  exit 0
fi
clang-format-19 --dry-run -Werror "${files[@]}"
python3 tools/check_layers.py
python3 tools/lint_coroutines.py "${files[@]}"
mapfile -t sources < <(git ls-files 'src/*.cpp' | grep -v 'src/net/boost.cpp')
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy-19 -p build/release --quiet --warnings-as-errors='*' 2>/dev/null
echo "lint: ${#files[@]} files are clean"
