#!/bin/bash
# induct-edges: its tables on the golden series, what modes have in common, what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

expect_exit 0 induct-edges tiny --epochs last --sequences 16
expect_table_file corrupt.tsv
expect_stderr ''
cp "$cli_out" corrupt.tsv
for threads in 1 3; do
    expect_exit 0 induct-edges tiny --epochs last --sequences 16 --threads $threads
    expect_same "$cli_out" corrupt.tsv
done

# An interval holds its value; error is attribution - effect; values of the last layer and the logits
# are linear; positions are the same in both runs.
expect_true 'rows obey' awk -F '\t' '
    /^#/ || $1 == "epoch" { next }
    { rows++ }
    $6 > $5 || $5 > $7 { bad = 1 }
    ($10 - $5 - $11) ^ 2 > 1e-8 { bad = 1 }
    ($4 == "logits" || $4 ~ /^L1H.[.]V/) && $11 ^ 2 > 1e-8 { bad = 1 }
    $3 == "position" && $5 != 0 { bad = 1 }
    END { exit bad || rows != 2 * 13 + 2 * 7 + 2 }' corrupt.tsv

expect_exit 0 induct-edges tiny --epochs last --sequences 16 --mode zero
expect_table_file zero.tsv
expect_exit 0 induct-edges tiny --epochs last --sequences 16 --mode mean
expect_table_file mean.tsv
expect_exit 64 induct-edges tiny --mode none
expect_stderr_has '--mode'
