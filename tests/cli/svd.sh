#!/bin/bash
# induct-svd: its table on the golden series, previous and last checkpoints, and what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

# ---- The table ----

angles=()
for side in left right; do
    for to in previous last; do
        for i in 1 2 3 4; do
            angles+=("${side}_${to}_$i=0.01")
        done
    done
done
expect_exit 0 induct-svd tiny
expect_table_file all.tsv effective_rank=1e-3 participation_ratio=1e-3 "${angles[@]}"
expect_stderr ''
cp "$cli_out" all.tsv

# Columns: epoch head matrix, 8 singular values, 2 ranks, 4 x 4 angles.
expect_true 'spectra descend, ranks lie in 1..8, angles ascend in 0..90' awk -F '\t' '
    NR > 2 {
        for (i = 5; i <= 11; i++) if ($i > $(i - 1)) bad = 1
        if (NF != 29 || $12 < 1 || $12 > 8 || $13 < 1 || $13 > $12) bad = 1
        for (i = 14; i <= 29; i++)
            if ($i != "nan" && ($i < 0 || $i > 90 || ((i - 14) % 4 > 0 && $i < $(i - 1)))) bad = 1
    }
    END { exit bad || NR != 2 + 4 * 8 }' all.tsv
expect_true 'the first has nothing before it, the last is itself' awk -F '\t' '
    $1 == 0 && NR > 2 && $14 != "nan" { bad = 1 }
    $1 == 3000 && ($22 != 0 || $29 != 0) { bad = 1 }
    END { exit bad }' all.tsv

# The checkpoint before is the one before in the selection, and the last the last of it.
expect_exit 0 induct-svd tiny --epochs 2000:3000:1000 --head L1H0
awk -F '\t' '$1 == 3000 && $2 == "L1H0"' all.tsv >rows.tsv
tail -n 2 "$cli_out" >some.tsv
expect_same rows.tsv some.tsv
for program in svd circuit ablate; do # --head or --heads, in every program
    for option in --heads --head; do
        expect_exit 0 "induct-$program" tiny $option L1H0 --epochs last
        tail -n +3 "$cli_out" | cut -f2 | sort -u >heads.txt
        expect_true "$program takes $option" test "$(cat heads.txt)" = L1H0
    done
done
expect_exit 0 induct-svd tiny --epochs 1000,3000 --head L1H0 --matrix ov --rank 2
expect_true 'before = last of the row above it' awk -F '\t' '
    $1 == 1000 { for (i = 0; i < 4; i++) last[i] = $(18 + i) }
    $1 == 3000 { for (i = 0; i < 4; i++) if (($(14 + i) - last[i]) ^ 2 > 1e-6) bad = 1; seen = 1 }
    END { exit bad || !seen }' "$cli_out"
expect_stdout_has $'participation_ratio\tleft_previous_1\tleft_previous_2\tright_previous_1'

# ---- Threads, selections ----

for threads in 1 2 4; do
    expect_exit 0 induct-svd tiny --threads $threads -o threads$threads.tsv
done
expect_same threads1.tsv threads2.tsv
expect_same threads1.tsv threads4.tsv
expect_exit 0 induct-svd tiny --matrix ov,qk --head 'L0H*' --epochs 0 --format csv
expect_stdout_has '0,L0H0,qk,'
expect_stdout_has '0,L0H1,ov,'

# ---- What it refuses ----

expect_exit 64 induct-svd tiny --matrix qk,vo
expect_stderr_has "induct-svd: --matrix: 'vo' is none of qk, ov"
expect_exit 1 induct-svd tiny --rank 9
expect_stderr 'induct-svd: --rank: 9, but QK and OV have only 8 singular values'
expect_exit 64 induct-svd tiny --rank 0
expect_exit 1 induct-svd tiny --head L2H0
expect_stderr "induct-svd: --heads: no head matches 'L2H0': the model has L0H0 to L1H1"
