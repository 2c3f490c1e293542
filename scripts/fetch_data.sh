#!/usr/bin/env bash
# Fetches public data sets where `angle` looks for them: TASK/{train,validation,test}.tsv in $ANGLE_DATA_DIR, else in
# $ANGLE_CACHE_DIR/data (default ~/.cache/angle/data). A file that is there is not fetched again. Sources and licences: data/README.md.
#
#   scripts/fetch_data.sh stsb sts12     tasks of `angle eval`; also biosses, and nli to train on
#   scripts/fetch_data.sh all
#   ANGLE_DATA_DIR=mine scripts/fetch_data.sh stsb     for `angle eval --data-dir mine`
#
# They come from the Hugging Face hub, see hub.sh, and have to have the number of rows that they are known to have. What can't be
# fetched is left out, and named at the end.
set -euo pipefail
# shellcheck source=scripts/hub.sh
source "$(dirname "${BASH_SOURCE[0]}")/hub.sh"

data=${ANGLE_DATA_DIR:-${ANGLE_CACHE_DIR:-$HOME/.cache/angle}/data}
convert=$(dirname "${BASH_SOURCE[0]}")/convert_dataset.py
tasks=(stsb sts12 sts13 sts14 sts15 sts16 sickr mrpc qqp qnli gis biosses nli)

fetch() {
  case $1 in
    stsb)
      from mteb/stsbenchmark-sts --columns sentence1,sentence2,score
      scored stsb/train 5749
      scored stsb/validation 1500
      scored stsb/test 1379
      ;;
    sts12) sts_year sts12 3108 1781 ;;
    sts13) sts_year sts13 1500 815 ;;
    sts14) sts_year sts14 3750 1615 ;;
    sts15) sts_year sts15 3000 1288 ;;
    sts16) sts_year sts16 1186 964 ;;
    sickr) # all 9,927 pairs, as MTEB scores them; SentEval's test split is 4,927 of them
      from mteb/sickr-sts --columns sentence1,sentence2,score
      scored sickr/test 9927
      ;;
    mrpc) # GLUE cut its validation split out of the original training split
      from SetFit/mrpc --columns text1,text2,label
      scored mrpc/train 4076 train validation
      scored mrpc/test 1725
      ;;
    qqp)
      from SetFit/qqp --columns text1,text2,label
      scored qqp/train 363846
      scored qqp/validation 40430
      ;;
    qnli) # GLUE's label is 0 for entailment
      from SetFit/qnli --columns text1,text2,label --flip-label
      scored qnli/train 104743
      scored qnli/validation 5463
      ;;
    gis)
      from WhereIsAI/github-issue-similarity --columns text1,text2,label
      scored gis/train 18565
      scored gis/validation 1547 valid
      scored gis/test 1548
      ;;
    biosses)
      from mteb/biosses-sts --columns sentence1,sentence2,score
      scored biosses/test 100
      ;;
    nli) # SNLI and MNLI as SimCSE joined them: a premise, what follows from it and what contradicts it
      from princeton-nlp/datasets-for-simcse --columns sent0,sent1,hard_neg
      converted triples nli/triples.jsonl.gz 275601 nli_for_simcse
      converted labelled nli/train.tsv 551202 nli_for_simcse
      ;;
  esac
}

# sts_year TASK PAIRS PAIRS_NOT_IN_STSB. STS-B was cut from these sets, so what it doesn't have is a file of its own.
sts_year() {
  fetch stsb
  from "mteb/$1-sts" --columns sentence1,sentence2,score
  scored "$1/test" "$2"
  [ -e "$data/$1/test_not_in_stsb.tsv" ] ||
    write_file without "$1/test_not_in_stsb.tsv" "$3" "$data/$1/test.tsv" "$data/stsb/train.tsv" "$data/stsb/validation.tsv"
}

# from REPOSITORY OPTION…: where the next splits are, and the options of convert_dataset.py for them.
from() {
  repository=$1
  options=("${@:2}")
  rm -rf "$work"
  mkdir -p "$work"
}

# scored TASK/NAME ROWS [HUB_SPLIT…]: a file of scored pairs; the hub's splits have the same name unless given.
scored() {
  converted pairs "$1.tsv" "$2" "${@:3}"
}

# converted FORM FILE ROWS [HUB_SPLIT…]
converted() {
  local hub_split inputs=()
  if [ -e "$data/$2" ]; then
    say "$data/$2 is there"
    return
  fi
  [ $# -gt 3 ] || set -- "$@" "$(basename "$2" .tsv)"
  for hub_split in "${@:4}"; do
    download "$hub_split"
  done
  write_file "$1" "$2" "$3" "${options[@]}" "${inputs[@]}"
}

# download HUB_SPLIT: adds its files to `inputs`. Of several forms of a data set one is taken; GIS has parquet only.
download() {
  local path size sha256 form found=
  [ -e "$work/files" ] || hub_list datasets "$repository" "$work/files"
  for form in jsonl.gz jsonl csv parquet; do
    found=$(grep -E "^(data/)?$1(-[0-9]+-of-[0-9]+)?\.${form//./\\.}"$'\t' "$work/files") && break
  done
  [ -n "$found" ] || stop "$repository: no file of the split $1 (found $(cut -f 1 "$work/files" | paste -sd ' '))"
  [ "$form" != parquet ] || install_pyarrow
  while IFS=$'\t' read -r path size sha256; do
    [ -e "$work/hub/$path" ] || hub_download datasets "$repository" "$path" "$size" "$sha256" "$work/hub/$path"
    inputs+=("$work/hub/$path")
  done <<< "$found"
}

install_pyarrow() {
  export PYTHONPATH=$data/.pyarrow
  [ ! -d "$PYTHONPATH" ] || return 0
  /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --target "$work/pyarrow" \
    pyarrow==26.0.1 2> "$work/log" ||
    stop "pyarrow, which reads the parquet files of $repository, could not be installed from PyPI: $(tail -n 1 "$work/log")"
  mv -T "$work/pyarrow" "$PYTHONPATH"
}

# write_file FORM FILE ROWS ARGUMENT…: converts into a file of $data, which appears when it is complete.
write_file() {
  local form=$1 file=$data/$2 count
  count=$(/usr/bin/python3 "$convert" "$form" --rows "$3" --output "$work/$(basename "$file")" "${@:4}" 2> "$work/log") ||
    stop "$file: $(tail -n 1 "$work/log")"
  mkdir -p "$(dirname "$file")"
  mv "$work/$(basename "$file")" "$file"
  say "$file: $count rows"
}

[ $# -gt 0 ] || stop "which tasks? all, or some of: ${tasks[*]}; they are put into $data (ANGLE_DATA_DIR names another directory)"
mkdir -p "$data"
work=$(mktemp -d "$data/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
[ "$*" != all ] || set -- "${tasks[@]}"
for task in "$@"; do
  [[ " ${tasks[*]} " == *" $task "* ]] || stop "$task: unknown task; expected all, or some of: ${tasks[*]}"
done
missing=()
for task in "$@"; do
  set +e # not `(…) || …`, in which a command that fails would not end the task
  (set -e; fetch "$task")
  status=$?
  set -e
  [ "$status" -eq 0 ] || missing+=("$task")
done
[ ${#missing[@]} -gt 0 ] || exit 0
[ $# -eq 1 ] || say "missing: ${missing[*]}; the reasons are above, and the same command tries these again"
exit 1
