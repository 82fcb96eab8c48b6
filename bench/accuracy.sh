#!/usr/bin/env bash
# Accuracy on real prints, leave-one-set-out: for every set the projection is learnt on the others, then all its prints
# are compared with one another.
#
# usage: bench/accuracy.sh QORGAN FOLDER OUT [SET=DPI ...]
# QORGAN is the program; FOLDER holds one folder for each set, of FINGER_IMPRESSION pictures or txt minutiae; OUT receives
# minutiae/SET/*.txt, SET.projection and SET.txt (lines PROBE GALLERY SCORE). SET=DPI is the resolution of a set whose
# pictures do not say it themselves. JOBS in the environment is how many pictures are worked on at once (1).
# PROJECTION in the environment is a projection file to use for all sets in place of those learnt on the others.
# Where ../shared/lab/accuracy.py is there it prints EER and FNMR of each set. For example
#   bench/accuracy.sh build/release/qorgan ../shared/fingerprints /tmp/accuracy fvc2002_db2=569
# `qorgan lab report accuracy` does the same within one process and writes docs/accuracy.md; this script leaves every
# step's files behind, for work on one of them.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"
  exit 2
fi
qorgan=$(realpath "$1") folder=${2%/} out=$3
shift 3
declare -A dpi
for pair in "$@"; do dpi[${pair%%=*}]=${pair#*=}; done

# One picture's minutiae; an empty file where it has too few (exit code 5).
extract() {
  local picture=$1 to=$2 code=0
  shift 2
  "$qorgan" lab extract "$picture" "$@" >"$to" 2>/dev/null || code=$?
  if [ "$code" = 5 ]; then : >"$to"; elif [ "$code" != 0 ]; then echo "$picture: exit code $code" >&2; return 1; fi
}
export -f extract
export qorgan

shopt -s nullglob
sets=()
for path in "$folder"/*/; do
  name=$(basename "$path")
  pictures=("$path"*_*.png "$path"*_*.tif "$path"*_*.bmp "$path"*_*.pgm)
  texts=("$path"*_*.txt)
  [ $((${#pictures[@]} + ${#texts[@]})) -gt 0 ] || continue
  sets+=("$name")
  mkdir -p "$out/minutiae/$name"
  if [ ${#pictures[@]} -eq 0 ]; then
    cp "${texts[@]}" "$out/minutiae/$name/"
    continue
  fi
  for picture in "${pictures[@]}"; do
    stem=$(basename "${picture%.*}")
    printf '%s\0%s\0' "$picture" "$out/minutiae/$name/$stem.txt"
  done | xargs -0 -n 2 -P "${JOBS:-1}" bash -c 'extract "$2" "$3" ${1:+--dpi "$1"}' extract "${dpi[$name]:-}"
done
[ ${#sets[@]} -ge 2 ] || { echo "$folder: two sets at least are needed" >&2; exit 2; }

judged=()
for name in "${sets[@]}"; do
  projection=${PROJECTION:-$out/$name.projection}
  if [ -z "${PROJECTION:-}" ]; then
    others=()
    for other in "${sets[@]}"; do [ "$other" = "$name" ] || others+=("$out/minutiae/$other"); done
    "$qorgan" lab learn --out "$projection" "${others[@]}"
  fi
  "$qorgan" lab score "$out/minutiae/$name" --projection "$projection" --out "$out/$name.txt"
  judged+=("$name=$out/$name.txt")
done

judge=$(dirname "$0")/../../shared/lab/accuracy.py
if [ -f "$judge" ]; then python3 "$judge" "${judged[@]}"; fi
