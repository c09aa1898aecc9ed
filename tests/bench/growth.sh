#!/bin/bash
# growth.sh FOLDER: how the cost of an epoch grows with one size at a time around the two-layer preset:
# FOLDER/growth.tsv, growth.svg and growth.png. Two minutes; BENCH_QUICK=1: half of one.
#
#   GROWTH_BY=processor processor time on one thread, on a machine that others use
#   GROWTH_PEER=PYTHON  an interpreter with PyTorch, whose step is measured at the same points
#   BENCH_TABLE=FILE    draws an earlier table instead of measuring
set -euo pipefail
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

folder=${1:?folder for the table and the figure}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bench=${INDUCT_BENCH:-$here/../../build/tests/induct-bench}
mkdir -p "$folder"
table=$folder/growth.tsv

if [[ -n ${BENCH_TABLE:-} ]]; then
    table=$BENCH_TABLE
else
    if [[ -n ${BENCH_QUICK:-} ]]; then passes=1 seconds=0.5; else passes=3 seconds=1; fi
    "$bench" growth "$passes" "$seconds" ${GROWTH_BY:+"$GROWTH_BY"} >"$table.part"
    if [[ -n ${GROWTH_PEER:-} ]]; then
        "$GROWTH_PEER" "$here/../peers/growth.py" --rounds "$passes" --seconds "$seconds" ${GROWTH_BY:+--processor} "$table.part" "$table.peer"
        mv "$table.peer" "$table.part"
    fi
    mv "$table.part" "$table"
fi
awk -F '\t' -v OFS='\t' '{ print "  " $1, $2, $3, $4, $7, $9, $12 }' "$table" | expand -t 12,20,30,46,66,78

if ! command -v gnuplot >/dev/null; then
    echo "figure: not drawn, no gnuplot"
    exit 0
fi
for kind in svg png; do
    # UTF-8 whatever the locale: gnuplot would warn of a degree sign that C cannot express
    LC_ALL=C.UTF-8 gnuplot -d -c "$here/../../plots/growth.gp" "$table" "$folder/growth.part.$kind"
    mv "$folder/growth.part.$kind" "$folder/growth.$kind"
done
