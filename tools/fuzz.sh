#!/usr/bin/env bash
# tools/fuzz.sh SECONDS: runs every libFuzzer target for that long, from its seeds.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-30}
mapfile -t targets < <(basename -s .cpp -a tests/fuzz/fuzz_*.cpp)
tools/build.sh fuzz "${targets[@]}"
run_one() {
  local target=$1 seconds=$2 name corpus seeds log
  name=$(basename "$target")
  corpus=build/fuzz/corpus/$name
  seeds=tests/fuzz/seeds/${name#fuzz_}
  log=build/fuzz/$name.log
  mkdir -p "$corpus"
  [ -d "$seeds" ] || seeds=
  if ! "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -artifact_prefix=build/fuzz/ \
       "$corpus" $seeds >"$log" 2>&1; then
    tail -40 "$log"
    echo "tools/fuzz.sh: $name found a crash (its input is in build/fuzz/)" >&2
    return 1
  fi
  echo "$name: $(tail -1 "$log")"
}
export -f run_one
find build/fuzz/tests/fuzz -maxdepth 1 -type f -name 'fuzz_*' -perm -u+x | sort |
  xargs -P "$(nproc)" -I{} bash -c 'run_one {} '"$seconds"
