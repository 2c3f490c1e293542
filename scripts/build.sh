#!/usr/bin/env bash
# Makes build/release/angle ready to use: installs what the build needs, builds, fetches all-MiniLM-L6-v2.
# Run again, it builds what has changed and needs no network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
cmake --preset release > /dev/null
cmake --build --preset release
scripts/fetch_model.sh
