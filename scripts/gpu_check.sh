#!/usr/bin/env bash
# Checks a GPU against the CPU and measures it: agreement of attention, embeddings, losses, gradients and a training run, throughput,
# memory; then a model trained by one process on each GPU. Prints one table; fails when a check fails. Needs a GPU and scripts/setup.sh --cuda.
#
#   scripts/gpu_check.sh
#   scripts/gpu_check.sh --try    tries the checks themselves on a machine without a GPU: the CPU against itself
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'gpu_check: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }

# GPUs that a program may use. The list of nvidia-smi has those that CUDA_VISIBLE_DEVICES hides, too, and the parts of a divided GPU
# (MIG), of which a process gets one.
count_gpus() {
  if [ -n "${CUDA_VISIBLE_DEVICES+set}" ]; then
    tr , '\n' <<< "$CUDA_VISIBLE_DEVICES" | grep -vc -e '^$' -e '^MIG-' || true
  else
    nvidia-smi --list-gpus | grep -c '^GPU ' || true
  fi
}

preset=cuda device=cuda
case "${1:-}" in
  "")
    command -v nvidia-smi > /dev/null || stop "there is no nvidia-smi, so no GPU here; --try tries the checks on the CPU"
    export ANGLE_GPU_CHECK_DEVICE=cuda # a GPU that LibTorch can't use makes the checks fail, with the reason, not skip
    ;;
  --try) preset=release device=cpu; export ANGLE_GPU_CHECK_DEVICE=cpu ;;
  *) stop "unknown option $1; usage: scripts/gpu_check.sh [--try]" ;;
esac

build=build/$preset
gpus=2
if [ "$device" = cuda ]; then
  scripts/setup.sh --cuda
  nvidia-smi --query-gpu=index,name,memory.total,driver_version,compute_cap --format=csv >&2
  gpus=$(count_gpus)
fi
scripts/fetch_model.sh
cmake --preset "$preset" > /dev/null
cmake --build --preset "$preset" --target gpu_test angle >&2

results=$build/gpu_check
rm -rf "$results"
mkdir -p "$results"
status=0
"$build/tests/gpu_test" --gtest_output="xml:$results/gpu_test.xml" >&2 || status=1

# Several GPUs, a process on each, must give the losses of one.
train() {
  local processes=$1 output=$2
  "$build/angle" train --config configs/quickstart.json --set train.max_steps=10 --set train.dropout=0 --device "$device" \
    --processes "$processes" --output "$results/$output" >&2
}
if [ "$gpus" -ge 2 ]; then
  train 1 alone || status=1
  train "$gpus" together || status=1
fi

python3 scripts/gpu_table.py "$results" || status=1
exit "$status"
