#!/bin/bash
# collect.sh RUN...: the measures of PLAN.md for finished runs, one table a run in plots/fading/results/:
# every 500 epochs, 64 sequences a figure, evaluation seed 0. The programs are those on PATH.
set -euo pipefail
results=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/results
epochs=::500

# wide KEY PREFIX VALUE[=SUFFIX]...: from rows "epoch ... KEY ... VALUE" to one row an epoch, a column
# PREFIX.key.SUFFIX for each value
wide() {
    grep -v '^#' | awk -F '\t' -v key="$1" -v prefix="$2" -v values="${*:3}" '
        NR == 1 {
            for (c = 1; c <= NF; c++) at[$c] = c
            kinds = split(values, value, " ")
            for (k = 1; k <= kinds; k++) {
                if (n = index(value[k], "=")) suffix[k] = substr(value[k], n + 1)
                sub(/=.*/, "", value[k])
            }
            next
        }
        {
            epoch = $at["epoch"]
            if (!(epoch in seen)) { seen[epoch] = 1; epochs[++rows] = epoch }
            for (k = 1; k <= kinds; k++) {
                name = prefix $at[key] suffix[k]
                if (!(name in known)) { known[name] = 1; names[++columns] = name }
                cell[epoch, name] = $at[value[k]]
            }
        }
        END {
            for (c = 1; c <= columns; c++) printf "\t%s", names[c]
            print ""
            for (r = 1; r <= rows; r++) {
                printf "%s", epochs[r]
                for (c = 1; c <= columns; c++) printf "\t%s", cell[epochs[r], names[c]]
                print ""
            }
        }'
}
machine=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)

for run; do
    name=$(basename "$run")
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    induct-eval "$run" --periods 10,15,25,35,40 -n 64 --epochs $epochs -q |
        wide period p accuracy accuracy_lo=_lo accuracy_hi=_hi >"$work/a"
    induct-strategy "$run" --trained 20:29 --periods 40 -n 64 --epochs $epochs -q |
        wide period margin_ margin margin_lo=_lo margin_hi=_hi >"$work/b"
    induct-split "$run" --bump -n 64 --epochs $epochs -q | wide head bump_ bump >"$work/c"
    induct-score "$run" --score prev_token --heads 'L0H*' --period 25 -n 64 --epochs $epochs -q |
        wide head prev_ prev_token >"$work/d"
    {
        echo "# $(induct-train --version | sed -n '1s/.*) /induct /p'): collect.sh $name; $(sed -n \
            's/^ *"\(revision\|vectors\)": "\(.*\)",*$/\1 \2/p' "$run/config.json" | paste -sd ';'); ${machine:-unknown processor}"
        paste "$work/a" <(cut -f2- "$work/b") <(cut -f2- "$work/c") <(cut -f2- "$work/d") | sed '1s/^/epoch/'
    } >"$work/table"
    mv "$work/table" "$results/$name.tsv"
    rm -rf "$work"
    echo "$results/$name.tsv"
done
