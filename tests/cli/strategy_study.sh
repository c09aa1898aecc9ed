#!/bin/bash
# What the two checkpoints of the original study answer by. An independent computation (PyTorch, 256 sequences)
# has the margin of content over the trained offsets go from 6.7 to -8.0 at period 40, and the pseudo-offset rate
# from .11 to .72; inside the trained periods content wins in both. Wants the two published checkpoints in the
# folder INDUCT_REFERENCE.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
[[ -n ${INDUCT_REFERENCE:-} ]] || skip "INDUCT_REFERENCE names no folder with the study's checkpoints"
needs induct-import
induct-import "$INDUCT_REFERENCE"/2L_varied_model_{20000,60000}.pt -o study --trained 20:29 >import.txt 2>&1

expect_exit 0 induct-strategy study -n 256 --resamples 0 --periods 10,24,35,40
near() { # EPOCH PERIOD COLUMN VALUE WITHIN
    expect_true "$3 at epoch $1, period $2 is $4" rows "$cli_out" '
        $c["epoch"] == epoch && $c["period"] == period { found = 1; off = $c["'"$3"'"] - value }
        END { exit !found || off > within || off < -within }' epoch="$1" period="$2" value="$4" within="$5"
}
near 20000 40 margin 6.7 0.15
near 60000 40 margin -8.0 0.15
near 20000 40 pseudo_offset 0.11 0.015
near 60000 40 pseudo_offset 0.72 0.015
for epoch in 20000 60000; do
    expect_true "content wins at epoch $epoch in and below the trained periods" rows "$cli_out" '
        $c["epoch"] == epoch && $c["period"] < 30 && $c["margin"] < 5 { exit 1 }' epoch=$epoch
done
expect_true 'the trained offsets win at 60,000 at 35 too' rows "$cli_out" '
    $c["epoch"] == 60000 && $c["period"] == 35 && $c["margin"] > -4 { exit 1 }'
