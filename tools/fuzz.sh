#!/usr/bin/env bash
# tools/fuzz.sh SECONDS: runs every libFuzzer target for that long, from its seeds.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-30}
tools/build.sh fuzz
shopt -s nullglob
for target in build/fuzz/tests/fuzz/fuzz_*; do
  [ -x "$target" ] && [ -f "$target" ] || continue
  name=$(basename "$target")
  corpus=build/fuzz/corpus/$name
  seeds=tests/fuzz/seeds/${name#fuzz_}
  mkdir -p "$corpus"
  echo "$name: $seconds s"
  log=build/fuzz/$name.log
  if ! "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -artifact_prefix=build/fuzz/ \
       "$corpus" $([ -d "$seeds" ] && echo "$seeds") >"$log" 2>&1; then
    tail -40 "$log"
    echo "tools/fuzz.sh: $name found a crash (input beside $log)" >&2
    exit 1
  fi
  tail -1 "$log"
done
