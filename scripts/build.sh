#!/usr/bin/env bash
# Makes build/release/angle ready to use: installs what the build needs, builds, fetches all-MiniLM-L6-v2.
# Run again, it builds what has changed and needs no network.
#
#   scripts/build.sh           everything, the tests too
#   scripts/build.sh angle     the program alone, in half of the time
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
cmake --preset release > /dev/null
targets=()
[ $# -eq 0 ] || targets=(--target "$@")
cmake --build --preset release "${targets[@]}"
scripts/fetch_model.sh
