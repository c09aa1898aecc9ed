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

expect_true 'spectra descend, ranks lie in 1..8, angles ascend in 0..90' rows all.tsv '
    function ascend(group,    i, angle, before) {
        for (i = 1; i <= 4; i++) {
            if (!((group i) in c)) return 0
            angle = $c[group i]
            if (angle != "nan" && (angle < 0 || angle > 90 || angle < before)) return 0
            before = angle
        }
        return 1
    }
    { for (i = 2; i <= 8; i++) if (!(("s_" i) in c) || $c["s_" i] > $c["s_" i - 1]) bad = 1 }
    { rank = $c["effective_rank"]; ratio = $c["participation_ratio"] }
    rank < 1 || rank > 8 || ratio < 1 || ratio > rank { bad = 1 }
    !ascend("left_previous_") || !ascend("right_previous_") { bad = 1 }
    ($c["gap"] - ($c["s_4"] - $c["s_5"]) / $c["s_4"]) ^ 2 > 1e-9 { bad = 1 }
    !ascend("left_last_") || !ascend("right_last_") { bad = 1 }
    END { exit bad || N != 4 * 8 }'
expect_true 'the first has nothing before it, the last is itself' rows all.tsv '
    $c["epoch"] == 0 && $c["left_previous_1"] != "nan" { bad = 1 }
    $c["epoch"] == 3000 && ($c["left_last_1"] != 0 || $c["right_last_4"] != 0) { bad = 1 }
    END { exit bad }'

# The checkpoint before is the one before in the selection, and the last the last of it.
expect_exit 0 induct-svd tiny --epochs 2000:3000:1000 --head L1H0
rows all.tsv '$c["epoch"] == 3000 && $c["head"] == "L1H0"' >rows.tsv
tail -n 2 "$cli_out" >some.tsv
expect_same rows.tsv some.tsv
for program in svd circuit ablate; do # --head or --heads, in every program
    for option in --heads --head; do
        expect_exit 0 "induct-$program" tiny $option L1H0 --epochs last
        tail -n +3 "$cli_out" | cut -f2 | sort -u >heads.txt # "head" or "heads"
        expect_true "$program takes $option" test "$(cat heads.txt)" = L1H0
    done
done
expect_exit 0 induct-svd tiny --epochs 1000,3000 --head L1H0 --matrix ov --rank 2
expect_true 'before = last of the row above it' rows "$cli_out" '
    function differ(a, b) { return (a - b) ^ 2 > 1e-6 }
    $c["epoch"] == 1000 { l1 = $c["left_last_1"]; l2 = $c["left_last_2"] }
    $c["epoch"] == 1000 { r1 = $c["right_last_1"]; r2 = $c["right_last_2"] }
    $c["epoch"] == 3000 && (differ($c["left_previous_1"], l1) || differ($c["left_previous_2"], l2)) { bad = 1 }
    $c["epoch"] == 3000 && (differ($c["right_previous_1"], r1) || differ($c["right_previous_2"], r2)) { bad = 1 }
    $c["epoch"] == 3000 { seen = 1 }
    END { exit bad || !seen }'
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

# ---- OpenBLAS that does not know the processor ----

if [[ $(induct-svd --version) == *avx* && $(OPENBLAS_CORETYPE=Prescott induct-svd --version) == *Prescott* ]]; then
    induct-train -q --epochs 0 --layers 1 --heads 1 --d-model 40 --d-head 40 --vocab 8 --context 8 --period 2 -o wide
    OPENBLAS_CORETYPE=Prescott expect_exit 0 induct-svd wide
    expect_stderr_has 'kernels of SSE (Prescott)'
    expect_stderr_lines 1
    OPENBLAS_CORETYPE=Haswell expect_exit 0 induct-svd wide
    expect_stderr ''
    OPENBLAS_CORETYPE=Prescott expect_exit 0 induct-svd tiny # narrow heads are none of LAPACK's business
    expect_stderr ''
fi
