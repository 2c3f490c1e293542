#!/usr/bin/env bash
# Builds and runs all tests. The last line counts them: `N passed, N failed, N skipped`; above it stands why some were skipped.
#
#   scripts/test.sh                    all of them
#   scripts/test.sh -L unit            options go to ctest: by label (unit, integration, model, data, gpu)
#   scripts/test.sh -R loss_test       … by program
#   GTEST_FILTER='*Tokenizer*' scripts/test.sh    … by the name of a test
#
# Data sets and the golden files that hold their sentences are looked for in ../shared unless ANGLE_DATA_DIR and
# ANGLE_GOLDEN_DIR say where they are. One test reads event files with TensorBoard (90 MB), which is installed into the cache
# unless ANGLE_VENV names a virtual environment; where PyPI can't be reached that test skips.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cache=${ANGLE_CACHE_DIR:-$HOME/.cache/angle}
# What reads event files, without what TensorBoard shows pages with.
tensorboard=(tensorboard==2.21.0 numpy==2.4.6 protobuf==7.36.2 absl-py==2.5.1 packaging==26.4)

# install_tensorboard VENV
install_tensorboard() {
  local work
  work=$(mktemp -d "$cache/venv-tests.XXXXXX")
  if /usr/bin/python3 -m venv --without-pip "$work/venv" > "$work/log" 2>&1 &&
    /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --retries 0 --timeout 10 \
      --target "$(echo "$work"/venv/lib/python3*/site-packages)" "${tensorboard[@]}" > "$work/log" 2>&1; then
    mv -T "$work/venv" "$1" || [ -d "$1" ] # another run may have been faster
  else
    echo "test: TensorBoard could not be installed, so its test skips: $(grep -i error "$work/log" | tail -n 1)" >&2
  fi
  rm -rf "$work"
}

scripts/build.sh

if [ -z "${ANGLE_VENV:-}" ]; then
  [ -d "$cache/venv-tests" ] || install_tensorboard "$cache/venv-tests"
  [ ! -d "$cache/venv-tests" ] || export ANGLE_VENV=$cache/venv-tests
fi
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
