#!/usr/bin/env bash
# Checks that angle and sentence-transformers read each other's models: the same embeddings to 1e-5, both ways.
#
#   scripts/interop_check.sh                trains a small run with angle first
#   scripts/interop_check.sh runs/stsb      with a model that angle has trained
#
# Not part of the tests: it needs Python packages of 2.5 GB, which go into $ANGLE_CACHE_DIR/venv-interop; ANGLE_VENV names a
# virtual environment that has them already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cache=${ANGLE_CACHE_DIR:-$HOME/.cache/angle}
venv=${ANGLE_VENV:-$cache/venv-interop}
work=build/interop
packages=(sentence-transformers==6.0.1 torch==2.11.0 transformers==5.3.0)

if [ ! -x "$venv/bin/python" ]; then
  echo "interop_check: installing ${packages[*]} into $venv" >&2
  /usr/bin/python3 -m venv "$venv.new"
  "$venv.new/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" || { rm -rf "$venv.new"; exit 1; }
  mv -T "$venv.new" "$venv"
fi

scripts/build.sh angle
rm -rf "$work"
mkdir -p "$work"
trained=${1:-$work/by_angle}
[ $# -gt 0 ] || build/release/angle train --config configs/quickstart.json --set train.max_steps=10 --output "$trained"
"$venv/bin/python" scripts/interop_check.py --angle build/release/angle --trained "$trained" \
  --base "$cache/models/all-MiniLM-L6-v2" --work "$work"
