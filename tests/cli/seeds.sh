#!/bin/bash
# induct-seeds: means, every seed, paired differences, roles and events of tables made by hand.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

table() { # table ARM SEED SHIFT: y = seed + shift, and 10 later on; a head that is best, another in each seed
    mkdir -p "$1-seed$2/tables"
    printf 'epoch\ty\n0\t%s\n100\t%s\n' "$(($2 + $3))" "$(($2 + $3 + 10))" >"$1-seed$2/metrics.tsv"
    {
        printf '# induct-score\nepoch\thead\tprev_token\tinduction\n'
        for epoch in 0 100; do
            for head in 0 1 2; do
                printf '%d\tL0H%d\t0.%d\t0.%d1\n' $epoch $head $((head == $2 % 3 ? 9 : 1)) $((head + 1))
                printf '%d\tL1H%d\t0.95\t0.%d5\n' $epoch $head $((head == $2 % 3 ? 8 : head))
            done
        done
    } >"$1-seed$2/tables/scores.tsv"
}
for seed in 0 1 2 3 4 5 6 7; do
    table base $seed 0
    table up $seed 3
    table mixed $seed $((seed % 2 ? 1 : -1))
done
rows() { grep -v '^#' "$cli_out" | tail -n +2; }

# ---- Curves and numbers ------------------------------------------------------------------------
expect_exit 0 induct-seeds base-seed*
expect_true "two epochs, eight seeds, means" diff <(rows | cut -f1-6,9,10) <(
    printf 'base\ty\t-\t0\t8\t3.5\t0\t7\nbase\ty\t-\t100\t8\t13.5\t10\t17\n')
cp "$cli_out" curves
expect_exit 0 induct-seeds base-seed{7,3,1,0,2,6,4,5}
expect_true "in whatever order" diff <(rows) <(grep -v '^#' curves | tail -n +2)
# Student's interval of 0..7: 3.5 +- 2.365 * 2.449 / sqrt(8) = 1.45 .. 5.55; the percentiles are near it
expect_true "its interval" awk -F'\t' 'NR == 3 { exit !($7 > 1.2 && $7 < 1.9 && $8 > 5.1 && $8 < 5.8) }' curves
expect_exit 0 induct-seeds base-seed* --each --at 0,100
expect_true "every seed, over both epochs" diff <(rows | cut -f2,6) <(
    for seed in 0 1 2 3 4 5 6 7; do printf '%d\t%d\n' $seed $((seed + 5)); done)
expect_exit 0 induct-seeds base-seed0
expect_true "one seed has no interval" test "$(rows | cut -f7,8 | sort -u)" = $'nan\tnan'

# ---- Pairs -------------------------------------------------------------------------------------
expect_exit 0 induct-seeds ./*-seed* --at 100 --against base
expect_true "differences, exact p, Holm" diff <(rows | cut -f1,4,5,8-) <(
    printf 'mixed\t8\t0\t4\t1\t1\nup\t8\t3\t8\t0.0078125\t0.015625\n')
expect_exit 0 induct-seeds base-seed* up-seed{0,1,2,3,4} --at 100 --against base
expect_true "those that have a partner: five cannot go below 1/16" diff <(rows | cut -f1,4,9) <(printf 'up\t5\t0.0625\n')

# ---- Roles -------------------------------------------------------------------------------------
scores=(--table tables/scores.tsv --at 100)
expect_exit 0 induct-seeds base-seed* "${scores[@]}" --role prev --column prev_token
expect_true "the strongest head that has a layer above it" test "$(rows | cut -f3,5,6)" = $'role=prev\t8\t0.9'
expect_exit 0 induct-seeds base-seed* "${scores[@]}" --role induction --column induction
expect_true "by rank" test "$(rows | head -1 | cut -f3,6)" = $'role=induction.1\t0.85'
# the same of one table with a column run
{
    printf 'run\t' && sed -n 2p base-seed0/tables/scores.tsv
    for seed in 0 1; do tail -n +3 base-seed$seed/tables/scores.tsv | sed "s/^/base-seed$seed\t/"; done
} >all.tsv
expect_exit 0 induct-seeds all.tsv --at 100 --role prev --column prev_token
expect_true "from a column run" test "$(rows | cut -f1,3,5,6)" = $'base\trole=prev\t2\t0.9'

# ---- Events ------------------------------------------------------------------------------------
onset() { printf 'base-seed%d/metrics.tsv\t-\ty\tcrossing\t%s\t%s\n' "$@"; }
{
    printf 'table\tof\tcolumn\tevent\tepoch\tstatus\n'
    onset 0 300 seen
    onset 1 nan censored
    onset 2 100 seen
    onset 3 nan censored
} >onset.tsv
expect_exit 0 induct-seeds --events onset.tsv
expect_true "censored ones are counted" diff <(rows | cut -f5-7,10-) <(printf '4\t2\t0.5\t300\t100\t300\n')
sed -i 's/300\tseen/nan\tcensored/' onset.tsv
expect_exit 0 induct-seeds --events onset.tsv
expect_true "the median is not reached" test "$(rows | cut -f6,10)" = $'1\tinf'

# ---- Refused -----------------------------------------------------------------------------------
cp base-seed0/metrics.tsv nobody.tsv
expect_exit 1 induct-seeds nobody.tsv
expect_stderr 'induct-seeds: nobody.tsv: whose arm and seed? No part of the path is ARM-seedN'
expect_exit 1 induct-seeds base-seed0 base-seed0/metrics.tsv
expect_stderr 'induct-seeds: arm base, seed 0: y (-) is there twice'
expect_exit 1 induct-seeds base-seed0 --at 0,50
expect_stderr 'induct-seeds: arm base, seed 0: y (-) has 1 of the 2 epochs of --at'
expect_exit 1 induct-seeds base-seed0 up-seed1 --at 0 --against base
expect_stderr 'induct-seeds: arms up and base have no seed in common for y (-)'
expect_exit 1 induct-seeds base-seed0 --at 0 --against control
expect_stderr 'induct-seeds: no run is of the arm control'
expect_exit 1 induct-seeds base-seed0 --role prev
expect_stderr_has "no head has a prev_token at that epoch"
expect_exit 64 induct-seeds base-seed0 --against base
expect_exit 64 induct-seeds base-seed0 --events --each
