#!/bin/bash
# One checkpoint, several threads: they share it by periods, heads, sets and donors, and write the same bytes.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

shared() { # shared PROGRAM OPTION...: the same from 1, 3 and 8 threads
    local threads program=$1
    shift
    for threads in 1 3 8; do
        expect_exit 0 "$program" tiny "$@" --threads $threads -q -o "threads$threads.tsv"
    done
    expect_same threads1.tsv threads3.tsv
    expect_same threads1.tsv threads8.tsv
    expect_true "$program: a table" test "$(wc -l <threads1.tsv)" -gt 2
}
shared induct-eval --epochs last
shared induct-position --epochs last
shared induct-paths --epochs last
shared induct-paths --epochs last --loss
shared induct-circuit --epochs last
shared induct-split --epochs last --drop pp
shared induct-ablate --epochs last --each --mode zero,mean,mediated
shared induct-ablate --epochs 0,3000 --shapley
shared induct-graft --into last --heads 'L*' --each --from 0,1000,2000
