#!/bin/bash
# smaller.sh FOLDER: the study's other findings over seeds, from the runs of study.sweep in FOLDER (ARM-seedN):
# plots/fading/results/smaller-*.tsv, one table a question, evaluation seed 0, 64 sequences a figure; and of
# each, over seeds, results/judged/smaller-*.tsv. The programs are those on PATH.
set -euo pipefail
shopt -s extglob
results=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/results
cd "$1"
mkdir -p "$results/judged"
measure() { # measure NAME PROGRAM OPTION...
    local name=$1
    shift
    "$@" -n 64 -q -o "$results/smaller-$name.tsv"
    echo "$results/smaller-$name.tsv"
}
judge() { # judge NAME TABLE OPTION...
    (cd "$results" && induct-seeds "smaller-$2.tsv" "${@:3}" -o "judged/smaller-$1.tsv")
    echo "$results/judged/smaller-$1.tsv"
}

# What does one layer do on varied periods? Which rule is its prediction closest to?
measure 1L-varied induct-strategy 1L-varied-seed+([0-9]) --trained 20:29 --periods 25 --epochs last
judge 1L-varied 1L-varied --at 20000
measure 1L-varied-accuracy induct-eval 1L-varied-seed+([0-9]) --periods 20,25,29,35 --epochs last
judge 1L-varied-accuracy 1L-varied-accuracy --column accuracy --at 20000

# What does the blur of 2L-fixed's layer 0 carry? Its heads' outputs replaced by nothing, by their mean at each
# position (which knows no token), by what looking evenly, or at the previous token, would give.
measure 2L-fixed induct-ablate 2L-fixed-seed+([0-9]) --heads 'L0H*' --mode zero,mean,pattern-uniform,pattern-prev \
    --periods 20 --epochs last
judge 2L-fixed 2L-fixed --column accuracy,accuracy_ablated --at 5000

# Do repeated tokens confuse, at 20,000 and at 60,000?
measure repeats induct-eval base-seed+([0-9]) --repeats --periods 20,25,29,35 --epochs 20000,60000
judge repeats repeats --column accuracy_unique,accuracy_repeated
judge repeats-change repeats --column accuracy_unique,accuracy_repeated --at 60000 --since 20000

# Does the prior pay there? The same of the runs in which it is forbidden, at their ends. Asked after the plan: exploratory.
measure repeats-arms induct-eval @(control|forbid-pp)-seed+([0-9]) --repeats --periods 20,25,29 --epochs 45000
judge repeats-arms repeats-arms --column accuracy_unique,accuracy_repeated --at 45000 --against control

# Is the content circuit still there? Accuracy without the position-position term of layer 1. Asked after the plan: exploratory.
measure drop induct-split base-seed+([0-9]) --drop pp --periods 40 --epochs 20000,60000
judge drop drop --column accuracy,accuracy_dropped,accuracy_delta

# Through which edges is period 40 answered, and what happens to them? Every source's value taken away (zero) from one reader of
# layer 1 at a time; means over its heads, and over those of layer 0. Asked after the plan: exploratory.
induct-edges base-seed+([0-9]) --mode zero --ig 0 --period 40 --epochs 20000,60000 -n 64 --resamples 0 -q |
    awk -F '\t' '
        /^#/ { print; next }
        !columns { columns = NF; for (c = 1; c <= NF; c++) at[$c] = c; print "run\tepoch\tedge\teffect\taccuracy_delta"; next }
        $at["reader"] ~ /^L1/ {
            source = $at["source"]; reader = $at["reader"]
            sub(/^L0H.*/, "layer 0", source); sub(/^L1H[0-9]*[.]/, "layer 1 ", reader)
            row = $at["run"] "\t" $at["epoch"] "\t" source " to " reader
            if (!(row in edges)) order[++rows] = row
            edges[row]++; effect[row] += $at["effect"]; accuracy[row] += $at["accuracy_delta"]
        }
        END {
            for (r = 1; r <= rows; r++)
                printf "%s\t%.6g\t%.6g\n", order[r], effect[order[r]] / edges[order[r]], accuracy[order[r]] / edges[order[r]]
        }' >"$results/smaller-edges.tsv"
echo "$results/smaller-edges.tsv"
judge edges edges --column effect
judge edges-change edges --column effect --at 60000 --since 20000

# And in the models that were trained otherwise from the start? Exploratory.
measure drop-scratch induct-split @(learned|offset)-seed+([0-9]) --drop pp --periods 40 --epochs 20000,60000
judge drop-scratch drop-scratch --column accuracy,accuracy_dropped,accuracy_delta
