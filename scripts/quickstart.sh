#!/usr/bin/env bash
# From nothing to a trained model, in a few minutes: builds `angle`, embeds a text file, scores a model, trains it for about
# a minute with all three objectives, scores it again. Run again, it is quick and needs no network.
#
# It scores on the STS Benchmark where that is there ($ANGLE_DATA_DIR, ../shared/data or the cache, see fetch_data.sh), else
# on the held-out pairs of data/samples.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

results=build/quickstart
cache=${ANGLE_CACHE_DIR:-$HOME/.cache/angle}

say() { printf '\n== %s\n' "$*"; }

run() {
  printf '$ angle %s\n' "$*"
  build/release/angle "$@"
}

# The directory of data sets to score on. The samples take the place of STS-B's test split if it is nowhere.
find_data() {
  local place
  for place in "${ANGLE_DATA_DIR:-}" ../shared/data "$cache/data"; do
    [ ! -e "$place/stsb/test.tsv" ] || { data=$place && return; }
  done
  data=$results/data
  mkdir -p "$data/stsb"
  cp data/samples/pairs_validation.tsv "$data/stsb/test.tsv"
  echo "STS-B is not there (scripts/fetch_data.sh stsb gets it): the 72 held-out sample pairs take its place."
}

scripts/build.sh angle
mkdir -p "$results"
rm -rf "$results/model"

say "1. Embed a text file: one vector a line"
run embed data/samples/texts.txt -o "$results/vectors.jsonl"
printf '%s vectors; the first begins %s …\n' "$(wc -l < "$results/vectors.jsonl")" "$(head -c 60 "$results/vectors.jsonl")"

say "2. Score the model before training"
find_data
run eval --task stsb --data-dir "$data" --output "$results/before.json"

say "3. Train on the sample pairs, about a minute"
run train --config configs/quickstart.json --output "$results/model"

say "4. Score the trained model"
run eval --task stsb --data-dir "$data" --model "$results/model" --output "$results/after.json"

say "Done"
cat << END
$results/vectors.jsonl             the vectors of data/samples/texts.txt
$results/model                     the trained model: a directory for angle and for sentence-transformers
$results/model/metrics.jsonl       every loss term of every step
$results/before.json, after.json   the scores
Next: build/release/angle train --config configs/stsb_minilm.json (after scripts/fetch_data.sh stsb), 3 to 6 minutes on two cores.
END
