#!/bin/bash
# judge.sh [RESULTS]: what PLAN.md's "How it is judged" asks of the tables that collect.sh made (plots/fading/results),
# as tables of induct-seeds, a file each, in RESULTS/judged/. Arms that have no table yet are left out. The programs
# are those on PATH.
set -euo pipefail
shopt -s nullglob
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "${1:-$here/results}"
mkdir -p judged
events=$(realpath --relative-to=. "$here/study.events") # as the tables name it
grep '^fall' "$events" >judged/fall.events

tables() { # tables ARM...: those of these arms
    local arm table
    for arm; do
        for table in "$arm"-seed*.tsv; do echo "$table"; done
    done
}
make() { # make NAME OPTION... with tables on stdin
    local name=$1
    shift
    xargs -r induct-seeds "$@" -o "judged/$name.tsv" && echo "$PWD/judged/$name.tsv"
}

branches=(forbid-pp clamp-prev decay-embed-0 decay-0 rate-to-0 period-each wide)
end=44000,44500,45000 out=p10,p15,p35,p40

# Does p40 fall? What comes first? Every seed.
tables base | make base-events --criteria "$events"
tables base | make base-events-each --criteria "$events" --each
tables base | make base-order --criteria "$events" --order
tables base | make base-curves --column p10,p15,p25,p35,p40,margin_40

# How far the head that is strongest at 20,000 has come from its own highest value. Asked after the plan: exploratory.
for table in $(tables base); do
    awk -F '\t' -v seed="${table//[!0-9]/}" '
        /^#/ { next }
        !columns { columns = NF; for (c = 1; c <= NF; c++) name[c] = $c; next }
        { rows++; for (c = 2; c <= NF; c++) value[rows, c] = $c; if ($1 == 20000) chosen_at = rows }
        END {
            for (c = 2; c <= columns; c++)
                if (name[c] ~ /^prev_/ && (!best || value[chosen_at, c] > value[chosen_at, best])) best = c
            for (r = 1; r <= rows; r++)
                if (value[r, best] > peak) { peak = value[r, best] }
            printf "%d\t%s\t%s\t%s\t%s\t%.3f\t%.3f\n", seed, substr(name[best], 6), value[chosen_at, best], peak,
                value[rows, best], value[rows, best] / value[chosen_at, best], value[rows, best] / peak
        }' "$table"
done | sort -n | sed '1i seed\thead\tat_20000\tpeak\tlast\tshare_of_20000\tshare_of_peak' >judged/base-peaks.tsv
echo "$PWD/judged/base-peaks.tsv"

# Arms against their control: 7 arms x 4 periods; the price inside; what was lost by the control, and every seed.
if [[ -n $(tables control) ]]; then
    tables control "${branches[@]}" | make arms --column $out --at $end --against control --keeps 20000
    tables control "${branches[@]}" | make arms-joint --column $out --at $end --against control --keeps 20000 --adjust joint
    tables control "${branches[@]}" | make arms-price --column p25 --at $end --against control
    tables control "${branches[@]}" | make arms-change --column p40 --at $end --since 20000
    tables control "${branches[@]}" | make arms-each --column p40,p25 --at $end --each
    tables control "${branches[@]}" | make arms-curves --column p25,p40
    tables control "${branches[@]}" | make arms-falls --criteria judged/fall.events --against control
    # a rate that falls to 0 at 45,000 has then moved as far as an unchanged one by 32,500
    tables control | make arms-clock --column p40 --at 32000,32500,33000
fi

# From scratch, against the base runs of the same seeds.
if [[ -n $(tables learned offset) ]]; then
    tables base learned offset | make scratch --column p40 --at 60000 --against base
    tables base learned offset | make scratch-falls --criteria judged/fall.events --against base
    tables base learned offset | make scratch-price --column p25 --at 60000 --against base
    tables learned offset | make scratch-events --criteria "$events"
    tables learned offset | make scratch-curves --column p25,p35,p40,margin_40
fi
