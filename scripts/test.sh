#!/usr/bin/env bash
# Builds and runs all tests. The last line counts them: `N passed, N failed, N skipped`; above it stands why some were skipped.
#
#   scripts/test.sh                    all of them
#   scripts/test.sh -L unit            options go to ctest: by label (unit, integration, model, data, gpu)
#   scripts/test.sh -R loss_test       … by program
#   GTEST_FILTER='*Tokenizer*' scripts/test.sh    … by the name of a test
#
# Data sets and the golden files that hold their sentences are looked for in ../shared unless ANGLE_DATA_DIR and
# ANGLE_GOLDEN_DIR say where they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/build.sh

if [ -z "${ANGLE_DATA_DIR:-}" ] && [ -d ../shared/data ]; then
  export ANGLE_DATA_DIR=$PWD/../shared/data
fi
if [ -z "${ANGLE_GOLDEN_DIR:-}" ] && [ -d ../shared/golden ]; then
  export ANGLE_GOLDEN_DIR=$PWD/../shared/golden
fi

status=0
report=$PWD/build/release/tests.xml
results=$PWD/build/release/tests/results
rm -rf "$report" "$results"
ctest --preset release --no-tests=error --parallel "$(nproc)" --output-junit "$report" "$@" || status=$?
python3 scripts/test_summary.py "$report" "$results" || status=1
exit "$status"
