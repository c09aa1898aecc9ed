#!/bin/bash
# sweep.sh [FOLDER]: what induct-sweep costs over plain trainings run two at a time: SEEDS (16) seeds of 2L-varied,
# EPOCHS (2000) epochs each, in ROUNDS (2) turns of SEEDS / ROUNDS, which goes first by turns. Wall time on an idle machine,
# processor time on any; the checkpoints are compared byte for byte. 20 minutes on two cores.
set -euo pipefail
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE

seeds=${SEEDS:-16} epochs=${EPOCHS:-2000} rounds=${ROUNDS:-2} jobs=${JOBS:-2}
bin=${INDUCT_BIN:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../../build/bin" && pwd)}
folder=${1:-$(mktemp -d "${TMPDIR:-/tmp}/induct-bench-sweep-XXXXXX")}
mkdir -p "$folder"
cd "$folder"
PATH=$bin:$PATH
options=(--preset 2L-varied --epochs "$epochs" --checkpoint-every 100)
TIMEFORMAT='%R %U %S'

by_sweep() { # by_sweep FIRST LAST
    induct-sweep --lines "seeds $1:$2; epochs $epochs; name {arm}-seed{seed}; options --preset 2L-varied --checkpoint-every 100; arm run" \
        --folder "sweep-$1" -j "$jobs" -q
}
by_hand() {
    seq "$1" "$2" | xargs -P "$jobs" -I '{}' induct-train "${options[@]}" --seed '{}' --threads 1 -q -o 'plain-{}'
}
spent() { # spent CMD...: seconds on the wall and of processors
    local real user system
    read -r real user system < <({ time "$@" >&2; } 2>&1 | tail -n 1)
    awk -v r="$real" -v u="$user" -v s="$system" 'BEGIN { print r "\t" u + s }'
}

rm -rf sweep-* plain-*
printf 'round\tsweep_wall\tsweep_processor\tplain_wall\tplain_processor\n' | tee rounds.tsv
for ((round = 0; round < rounds; round++)); do
    first=$((seeds * round / rounds)) last=$((seeds * (round + 1) / rounds - 1))
    if ((round % 2)); then
        plain=$(spent by_hand $first $last) sweep=$(spent by_sweep $first $last)
    else
        sweep=$(spent by_sweep $first $last) plain=$(spent by_hand $first $last)
    fi
    printf '%d\t%s\t%s\n' $round "$sweep" "$plain" | tee -a rounds.tsv
    for ((seed = first; seed <= last; seed++)); do
        for file in plain-$seed/epoch-*; do cmp "$file" "sweep-$first/run-seed$seed/${file##*/}"; done
    done
done
awk -F '\t' 'NR > 1 { sw += $2; sp += $3; pw += $4; pp += $5 }
    END { printf "sweep over plain: wall %+.1f %%, processor time %+.1f %%; the same bytes\n", 100 * (sw / pw - 1), 100 * (sp / pp - 1) }' rounds.tsv
