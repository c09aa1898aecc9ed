#!/bin/bash
# induct-position: by place in the context what induct-eval gives over all places.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

expect_exit 0 induct-eval tiny --periods 7,12 --sequences 30 --resamples 0
cp "$cli_out" eval.tsv
expect_exit 0 induct-position tiny --periods 7,12 --sequences 30
expect_stderr ''
expect_true 'the mean over inputs i >= period is that of induct-eval' awk -F '\t' '
    FNR <= 2 { next }
    NR == FNR { accuracy[$1, $2] = $3; loss[$1, $2] = $6; next }
    $6 != 30 || $3 != inputs[$1, $2]++ { bad = 1 }
    $3 >= $2 { right[$1, $2] += $4; nats[$1, $2] += $5 }
    END {
        for (key in accuracy) {
            split(key, part, SUBSEP)
            n = 23 - part[2]
            if ((right[key] / n - accuracy[key]) ^ 2 > 1e-9 || (nats[key] / n - loss[key]) ^ 2 > 1e-8) bad = 1
            rows++
        }
        exit bad || rows != 8 || FNR != 2 + 8 * 23
    }' eval.tsv "$cli_out"
for threads in 1 3; do
    expect_exit 0 induct-position tiny --epochs last --threads $threads -o t$threads.tsv
done
expect_same t1.tsv t3.tsv
