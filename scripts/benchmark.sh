#!/usr/bin/env bash
# Measures angle beside its peers and prints the tables of BENCHMARKS.md; raw figures go to build/bench/*.json.
#
#   scripts/benchmark.sh                    all of these: three quarters of an hour on two idle cores
#   scripts/benchmark.sh embed --only MiniLM --rounds 5
#   scripts/benchmark.sh train tokenizer workers precision start memory growth
#   scripts/benchmark.sh quality            what training leads to, beside the peers, several seeds: hours
#   scripts/benchmark.sh parts              kernels, tokenizer and losses one by one; options of Google Benchmark follow
#
# Peers are Python packages of 2.5 GB, which are not installed by the way: once `scripts/benchmark.sh --install-peers`, or set
# ANGLE_PEERS_PYTHON to the Python of an environment with bench/requirements.txt. Without them only angle is measured. Data sets
# come from scripts/fetch_data.sh stsb qnli, for `precision` sts12 to sts16 too (or ANGLE_DATA_DIR). Close everything else: the
# machine should be idle.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cache=${ANGLE_CACHE_DIR:-$HOME/.cache/angle}
venv=$cache/venv-peers

if [ "${1:-}" = --install-peers ]; then
  /usr/bin/python3 -m venv "$venv.new"
  "$venv.new/bin/pip" install --quiet --disable-pip-version-check -r bench/requirements.txt || { rm -rf "$venv.new"; exit 1; }
  mv -T "$venv.new" "$venv"
  exit 0
fi

if [ "${1:-}" = parts ]; then
  scripts/build.sh parts
  exec env GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-1000}" build/release/bench/parts "${@:2}" # angle's own way of waiting
fi

if [ -z "${ANGLE_PEERS_PYTHON:-}" ]; then
  if [ -x "$venv/bin/python" ]; then
    export ANGLE_PEERS_PYTHON=$venv/bin/python
  else
    echo "benchmark: no peers here, measuring angle alone; scripts/benchmark.sh --install-peers" >&2
  fi
fi
scripts/build.sh angle
if [ "${1:-}" = quality ]; then
  exec /usr/bin/python3 -B bench/quality.py "${@:2}"
fi
exec /usr/bin/python3 -B bench/benchmark.py "$@"
