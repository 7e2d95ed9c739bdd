#!/usr/bin/env bash
# Installs what is missing from Debian's packages. Does nothing, quickly, when all is there.
#   tools/setup.sh [build] [test] [ci]     default: build
set -euo pipefail

build=(
  clang-19 lld-19 cmake ninja-build pkg-config ccache mold
  libboost1.81-dev nlohmann-json3-dev libyaml-cpp-dev prometheus-cpp-dev libspdlog-dev libfmt-dev
  libsqlite3-dev libsimdjson-dev libre2-dev libcli11-dev libssl-dev libxxhash-dev
  libhnswlib-dev
)
test=(doctest-dev libbenchmark-dev zlib1g-dev python3 curl nodejs npm)
ci=(libclang-rt-19-dev clang-tidy-19 clang-format-19 g++-12 nginx-light valgrind prometheus)

packages=("${build[@]}")
for group in "$@"; do
  case "$group" in
    build) ;;
    test) packages+=("${test[@]}") ;;
    ci) packages+=("${ci[@]}") ;;
    *) echo "tools/setup.sh: unknown group '$group' (build, test, ci)" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${packages[@]}"; do
  # node and npm may come from elsewhere than Debian: what counts is that they run.
  case "$package" in
    nodejs) command -v node >/dev/null && continue ;;
    npm | curl | python3) command -v "$package" >/dev/null && continue ;;
  esac
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "These Debian packages are missing: ${missing[*]}
Install them as root:  apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
  sudo=(sudo)
fi
echo "Installing from Debian: ${missing[*]}"
log=$(mktemp)
if ! { "${sudo[@]}" apt-get update -qq &&
       "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
  tail -20 "$log" >&2
  echo "tools/setup.sh: the installation failed; the whole log is in $log" >&2
  exit 1
fi
rm -f "$log"
