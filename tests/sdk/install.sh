#!/usr/bin/env bash
# Installs the official clients that run.mjs needs into tests/sdk/node_modules. Does nothing when they are there.
# Without npm or network it says so and succeeds: the tests are then skipped.
set -euo pipefail
cd "$(dirname "$0")"
mark=node_modules/.complete

without() {
  echo "tests/sdk: $1; the tests with the official clients will be skipped"
  exit 0
}

if [ -f "$mark" ] && cmp -s package-lock.json "$mark"; then exit 0; fi
command -v node >/dev/null || without "there is no node"
command -v npm >/dev/null || without "there is no npm"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! timeout 180 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000 >"$log" 2>&1; then
  rm -rf node_modules
  without "npm could not install them ($(grep -m1 -oE 'npm (error|ERR!) .*' "$log" || echo 'no reason given'))"
fi
cp package-lock.json "$mark"
