#!/usr/bin/env bash
# run.sh GATEWAY: the official clients against that program. Exit code 77 = skipped.
set -euo pipefail
gateway=$(realpath "${1:?usage: run.sh GATEWAY}")
cd "$(dirname "$0")"
skip() {
  echo "skipped: $1 (tests/sdk/install.sh gets the clients)"
  exit 77
}
command -v node >/dev/null || skip "there is no node"
cmp -s package-lock.json node_modules/.complete || skip "the official clients are not installed"
exec node run.mjs "$gateway" "${@:2}"
