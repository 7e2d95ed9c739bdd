#!/usr/bin/env bash
# Installs what is missing, builds, and starts the gateway on 127.0.0.1:8484.
# Arguments go to `codecrucible serve`:  ./run.sh --config config/hybrid.yaml
set -euo pipefail
cd "$(dirname "$0")"
tools/setup.sh build
tools/build.sh release codecrucible
exec build/release/codecrucible serve "$@"
