#!/bin/bash
# induct-plots of several runs: tables by induct-seeds, figures of seeds and arms, headlines that are cells.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs gnuplot

for arm in base less more; do
    for seed in 0 1 2 3 4 5 6; do
        case $arm in base) shift=0 ;; less) shift=-20 ;; more) shift=10 ;; esac
        {
            printf 'epoch\tp40\tp25\n'
            for epoch in 0 100 200 300; do
                printf '%d\t0.%d\t0.9%d\n' $epoch $((40 + seed + (epoch == 200 ? 30 : epoch == 300 ? shift : 0))) $seed
            done
        } >$arm-seed$seed.tsv
    done
done

# ---- One arm: curves ---------------------------------------------------------------------------
expect_exit 0 induct-plots base-*.tsv --column p40 -o one --format svg
expect_stdout one/figures/seeds.svg
expect_stderr ''
expect_true "seven thin curves and a mean" test "$(cells one/tables/each.tsv seed | sort -u | wc -l)" = 7
cp one/figures/seeds.svg before.svg
expect_exit 0 induct-plots base-*.tsv --column p40 -o one --format svg
expect_stderr 'induct-plots: up to date: one/figures'
touch base-seed3.tsv
expect_exit 0 induct-plots base-*.tsv --column p40 -o one --format svg
expect_stdout one/figures/seeds.svg

# Small shares, whose axis has no place for 0; names that are no options; no arm to compare with.
for seed in 1 2; do
    printf 'epoch\tscore\n0\t0.0%d\n100\t0.1%d\n' $seed $seed >-low-seed$seed.tsv
    printf 'epoch\tscore\n0\t0.05\n100\t0.15\n' >~low-seed$seed.tsv
done
expect_exit 0 induct-plots --column score -o low --format svg -- -low-seed1.tsv -low-seed2.tsv
expect_stdout low/figures/seeds.svg
expect_stderr ''
expect_exit 0 induct-plots --column score --at 0,100 -o low --format svg -- -low-seed*.tsv '~low-seed1.tsv' '~low-seed2.tsv'
expect_stderr ''
expect_true "both arms" grep -q '>~low<' low/figures/arms.svg
rm ./-low* ./~low*

# ---- Arms --------------------------------------------------------------------------------------
expect_exit 0 induct-plots ./*-seed*.tsv --column p40,p25 --at 300 --against base -o all --format png
expect_true "both figures" test "$(sort "$cli_out" | tr '\n' ' ')" = 'all/figures/arms.png all/figures/seeds.png '
expect_true "the headline says the largest differences, as they stand in the table" diff \
    <(cells all/figures/headlines.tsv figure headline text table column value | grep ^arms) - <<END
arms	p40 against base: less -0.20, more +0.10	-0.20	tables/pairs	difference	-0.2
arms	p40 against base: less -0.20, more +0.10	+0.10	tables/pairs	difference	0.1
END
expect_true "that of curves, the first column of those asked for" test \
    "$(rows all/figures/headlines.tsv '$c["figure"] == "seeds" { print $c["headline"] }' | sort -u)" = \
    'p40, mean over 7 seeds of base: 0.73 at epoch 200, 0.43 at 300'
expect_true "all that is said of a number is a cell" rows all/figures/headlines.tsv \
    '$c["value"] == "" || $c["line"] < 3 { bad = 1 } END { exit bad || N < 7 }'
expect_exit 0 induct-plots ./*-seed*.tsv --column p40 --at 300 --figures arms -o alone --format svg --title 'What we say'
expect_stdout alone/figures/arms.svg
expect_true "a headline of one's own" grep -q 'What we say' alone/figures/arms.svg

# ---- Refused -----------------------------------------------------------------------------------
expect_exit 64 induct-plots base-*.tsv -o one
expect_stderr_has 'of several runs: --column LIST (what is drawn) and -o FOLDER (where)'
expect_exit 64 induct-plots base-*.tsv --column p40 --against base -o one
expect_stderr_has '--against goes with --at'
expect_exit 64 induct-plots base-*.tsv --column p40 --figures heads -o one
expect_stderr_has 'of several runs there are the figures seeds and, with --at, arms'
expect_exit 1 induct-plots base-*.tsv --column p41 -o wrong
expect_stderr_has "no column 'p41'"
expect_no_file wrong/figures/seeds.svg
