#!/usr/bin/env bash
# Checks what a compiler and a test don't: format, include layers, manners of the library, scripts.
#
#   scripts/lint.sh            in seconds; CI runs it
#   scripts/lint.sh --tidy     clang-tidy as well, slow over LibTorch's headers; before a landing
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0

# files PATTERN…: files of the project, committed or not yet.
files() {
  local file
  git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
    [ ! -e "$file" ] || printf '%s\n' "$file"
  done
}

# complain WHAT: reports the lines of standard input, if there are any.
complain() {
  local lines
  lines=$(cat)
  [ -n "$lines" ] || return 0
  printf 'lint: %s\n%s\n' "$1" "$lines" >&2
  status=1
}

# need TOOL PACKAGE: ends where a check can't be made.
need() {
  command -v "$1" > /dev/null || { echo "lint: no $1 here; apt-get install $2" >&2; exit 1; }
}

check_format() {
  need clang-format-14 clang-format-14
  mapfile -t sources < <(files '*.h' '*.cpp')
  { clang-format-14 --dry-run --Werror "${sources[@]}" 2>&1 || true; } | { grep -oP '^\S+(?=:\d+:\d+: error:)' || true; } | uniq > "$found"
  complain "format; run scripts/format.sh" < "$found"
}

# forbid WHERE WHAT PATTERN: no line of code (comments left out) in the files of a folder of sources matches.
forbid() {
  # shellcheck disable=SC2016 # the dollar signs are awk's
  files "include/angle/$1" "src/$1" | xargs --no-run-if-empty awk -v pattern="$3" '
    { code = $0; sub(/\/\/.*/, "", code) } code ~ pattern { print FILENAME ":" FNR ": " $0 }' > "$found"
  complain "$2" < "$found"
}

# layer FOLDER FOLDER…: the first includes nothing of folders that are not named. ARCHITECTURE.md has the picture.
layer() {
  local other
  for other in text io data model loss distributed train eval embed annotate report study cli; do
    [[ " $* " == *" $other "* ]] || forbid "$1/*" "$1/ must not include $other/" "#include \"(angle/)?$other/"
  done
}

check_layers() {
  layer io
  layer text io
  layer data text io
  layer model data text io
  layer loss
  layer embed model data text io
  layer eval embed model data text io loss # it scores with the same similarities
  layer distributed
  layer train data model loss eval embed text io distributed
  layer annotate text io data eval
  layer report io # it reads what train/ has written
  layer study text io data eval train # of train/ what knows no torch
  # What knows no torch is compiled without its headers (src/CMakeLists.txt).
  local c10d='#include <torch/csrc/distributed/' folder
  for folder in data model loss train eval embed cli; do
    forbid "$folder/*" "only distributed/ knows c10d" "$c10d"
  done
}

check_manners() {
  local output='std::(cout|cerr|clog)|(^|[^a-z_])f?(printf|puts)[(]|(^|[^a-z_.>])(exit|abort|_Exit)[(]' folder
  for folder in text io data model loss distributed train eval embed annotate report study; do
    forbid "$folder/*" "the library never prints and never exits; src/cli does" "$output"
    forbid "$folder/*" "only src/cli knows the command line and the log" 'CLI::|spdlog::'
  done
  files | xargs grep --line-number --binary-files=without-match -E '(TOD[O]|FIXM[E]|/wor[k]/)' > "$found" || true
  complain "an open end, or a path of one machine" < "$found"
}

check_scripts() {
  need shellcheck shellcheck
  mapfile -t scripts < <(files 'scripts/*.sh' .ci/run)
  shellcheck --external-sources "${scripts[@]}" > "$found" || true
  complain "shellcheck" < "$found"
}

check_tidy() {
  need run-clang-tidy-14 clang-tidy-14
  cmake --preset tidy > /dev/null
  { run-clang-tidy-14 -quiet -extra-arg=-Wno-unknown-warning-option -p build/tidy '/(src|tests)/' 2>&1 || echo "error: clang-tidy found something or could not run"; } |
    sed 's/\x1b\[[0-9;]*m//g' | { grep -E '(error|warning): ' || true; } | sort -u > "$found"
  complain "clang-tidy" < "$found"
}

found=$(mktemp)
trap 'rm -f "$found"' EXIT
check_format
check_layers
check_manners
check_scripts
case "${1:-}" in
  "") ;;
  --tidy) check_tidy ;;
  *) echo "lint: unknown option $1; usage: scripts/lint.sh [--tidy]" >&2; exit 2 ;;
esac
[ "$status" -ne 0 ] || echo "lint: nothing to complain about"
exit "$status"
