# Functions that talk to the Hugging Face hub; fetch_model.sh and fetch_data.sh source this file.
#
#   HF_ENDPOINT   another address of the hub, such as a mirror      HF_TOKEN   for what is not public
# shellcheck shell=bash

hub=${HF_ENDPOINT:-https://huggingface.co}
hub=${hub%/}

say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; }
stop() { say "$*"; exit 1; }

# hub_get URL FILE: downloads one file, or stops with one line that says why not.
hub_get() {
  local code
  # The token goes through a file descriptor, not the command line, which every user of the machine can read.
  code=$(curl --silent --location --connect-timeout 10 --retry 2 --speed-limit 1000 --speed-time 60 \
    --config <([ -z "${HF_TOKEN:-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$HF_TOKEN") \
    --output "$2" --write-out '%{http_code}' "$1") ||
    stop "$1 cannot be reached (curl error $?); is there a network? HF_ENDPOINT names another hub"
  case $code in
    200) ;;
    401 | 403 | 404) stop "$1: not there, or not public (HTTP $code); check the name, or set HF_TOKEN" ;;
    *) stop "$1: HTTP $code instead of 200; try again later" ;;
  esac
}

# hub_list models|datasets REPOSITORY FILE: writes a line `path size sha256` for each file of the repository, tabs between;
# sha256 is `-` for small files. Sets `revision`, so that what is downloaded then is of one commit.
hub_list() {
  hub_get "$hub/api/$1/$2?blobs=true" "$3.json"
  revision=$(python3 - "$3.json" "$3" 2>/dev/null <<'PYTHON'
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    info = json.load(file)
with open(sys.argv[2], "w", encoding="utf-8") as listing:
    for entry in info["siblings"]:
        print(entry["rfilename"], entry.get("size", "-"), (entry.get("lfs") or {}).get("sha256", "-"), sep="\t", file=listing)
print(info["sha"])
PYTHON
  ) || stop "$hub: the answer about $2 is not what a Hugging Face hub says"
}

# hub_download models|datasets REPOSITORY PATH SIZE SHA256 FILE: one file of the listing, checked against it.
hub_download() {
  local kind=$1 repository=$2 path=$3 size=$4 sha256=$5 file=$6 prefix=
  [ "$kind" = models ] || prefix=$kind/
  say "fetching $repository/$path"
  mkdir -p "$(dirname "$file")"
  hub_get "$hub/$prefix$repository/resolve/$revision/$path" "$file"
  [ "$size" = - ] || [ "$(stat -c %s "$file")" = "$size" ] ||
    stop "$repository/$path: expected $size bytes, found $(stat -c %s "$file"); try again"
  [ "$sha256" = - ] || [ "$(sha256sum < "$file")" = "$sha256  -" ] ||
    stop "$repository/$path: its sha256 is not the one that the hub names; try again"
}
