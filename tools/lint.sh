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
# As the release was configured: the files of a room together (a quarter of the time), or each alone.
mapfile -t sources < <(python3 - <<'END'
import json
for one in json.load(open("build/release/compile_commands.json")):
    if "/src/" in one["file"] and not one["file"].endswith(("/boost.cpp", ".pch", "cmake_pch.hxx.cxx")):
        print(one["file"])
END
)
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-19 -p build/release --quiet --warnings-as-errors='*' 2>/dev/null
echo "lint: ${#files[@]} files are clean"
