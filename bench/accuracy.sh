#!/usr/bin/env bash
# Accuracy on real prints, leave-one-set-out: for every set the projection is learnt on the others, then all its prints
# are compared with one another.
#
# usage: bench/accuracy.sh QORGAN FOLDER OUT [SET=DPI ...]
# QORGAN is the program; FOLDER holds one folder for each set, of FINGER_IMPRESSION pictures or txt minutiae; OUT receives
# SET.projection and SET.txt (lines PROBE GALLERY SCORE). SET=DPI is the resolution of a set whose pictures do not say it
# themselves. Where ../shared/lab/accuracy.py is there it prints EER and FNMR of each set. For example
#   bench/accuracy.sh build/release/qorgan ../shared/fingerprints /tmp/accuracy fvc2002_db2=569
# The scores also go to bench/calibrate.py, for the table of src/finger/decision.cpp.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
  exit 2
fi
qorgan=$1 folder=${2%/} out=$3
shift 3
mkdir -p "$out"
declare -A dpi
for pair in "$@"; do dpi[${pair%%=*}]=${pair#*=}; done

sets=()
for path in "$folder"/*/; do
  name=$(basename "$path")
  compgen -G "$path*_*.*" >/dev/null && sets+=("$name")
done
[ ${#sets[@]} -ge 2 ] || { echo "$folder: two sets at least are needed" >&2; exit 2; }

judged=()
for name in "${sets[@]}"; do
  learn=()
  for other in "${sets[@]}"; do
    [ "$other" = "$name" ] && continue
    learn+=("$folder/$other")
    if [ -n "${dpi[$other]:-}" ]; then learn+=(--dpi "$folder/$other=${dpi[$other]}"); fi
  done
  own=()
  if [ -n "${dpi[$name]:-}" ]; then own=(--dpi "${dpi[$name]}"); fi
  "$qorgan" lab learn --out "$out/$name.projection" "${learn[@]}"
  "$qorgan" lab score "$folder/$name" "${own[@]}" --projection "$out/$name.projection" --out "$out/$name.txt"
  judged+=("$name=$out/$name.txt")
done

judge=$(dirname "$0")/../../shared/lab/accuracy.py
if [ -f "$judge" ]; then python3 "$judge" "${judged[@]}"; fi
