#!/bin/bash
# Induction heads form: 3,000 epochs of the study's 2L-varied go through the phase change, from
# below .2 to above .7 at period 25.
# ctest: slow
# ctest: timeout 900
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
[[ ${INDUCT_QUICK:-0} != 1 ]] || skip "INDUCT_QUICK"

expect_exit 0 induct-train --preset 2L-varied --seed 1 --epochs 3000 --checkpoint-every 0 \
    --log-every 250 --ood 25,35 --quiet -o run
cut -f1,2,4- run/metrics.tsv
expect_true "no phase change between 1,500 and 3,000" awk -F'\t' '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { accuracy[$column["epoch"]] = $column["ood_25"] }
    END {
        if (!(0 in accuracy && 1500 in accuracy && 3000 in accuracy)) exit 1
        exit !(accuracy[0] < .02 && accuracy[1500] < .2 && accuracy[3000] > .7)
    }' run/metrics.tsv
