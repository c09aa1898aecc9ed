#!/bin/bash
# The study's two published checkpoints, imported: accuracy by period within 1.5 points and head scores
# within .01 of figures computed independently in PyTorch (256 sequences a figure). The files are not
# in the repository: INDUCT_REFERENCE names their folder (2L_varied_model_20000.pt and ..._60000.pt of
# the repository forming-induction-heads of the GitHub user xanderchinxyz).
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
reference=${INDUCT_REFERENCE:-}
[[ -n $reference ]] || skip "INDUCT_REFERENCE is not set"
for epoch in 20000 60000; do
    [[ -e $reference/2L_varied_model_$epoch.pt ]] || skip "no 2L_varied_model_$epoch.pt in $reference"
done

expect_exit 0 induct-import "$reference/2L_varied_model_20000.pt" \
    "$reference/2L_varied_model_60000.pt" -o study
expect_stderr_has "the study's layout: 2 layers of 4 heads, d_model 64, d_head 16, vocabulary 256, \
context 80, sinusoidal positions, no norm"

cat >accuracy.txt <<'END'
20000 5 .985
20000 10 .956
20000 15 .910
20000 20 .973
20000 25 .979
20000 29 .960
20000 32 .922
20000 35 .878
20000 40 .805
60000 5 .915
60000 10 .873
60000 15 .756
60000 20 .988
60000 25 .994
60000 29 .993
60000 32 .588
60000 35 .229
60000 40 .020
END
cat >scores.txt <<'END'
20000 L0 prev_token .645 .045 .537 .019
20000 L0 self .028 .467 .075 .286
20000 L1 induction .774 .832 .822 .822
60000 L0 prev_token .809 .031 .048 .015
60000 L0 self .005 .765 .050 .451
60000 L1 induction .548 .764 .573 .690
END

expect_exit 0 induct-eval study --periods 5,10,15,20,25,29,32,35,40 --sequences 256
cp "$cli_out" eval.tsv
expect_true 'accuracies within 1.5 points' awk '
    FNR == NR { expected[$1, $2] = $3; next }
    /^#/ { next }
    !("epoch" in column) { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { rows++; d = $column["accuracy"] - expected[$column["epoch"], $column["period"]]
      if (d > .015 || d < -.015) bad = 1 }
    END { exit bad || rows != 18 }' accuracy.txt eval.tsv

expect_exit 0 induct-score study --period 25 --sequences 256
cp "$cli_out" score.tsv
expect_true 'head scores within .01' awk '
    FNR == NR { for (h = 0; h < 4; h++) expected[$1, $2 "H" h, $3] = $(4 + h); next }
    /^#/ { next }
    !("epoch" in column) { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { for (score in column) {
          key = $column["epoch"] SUBSEP $column["head"] SUBSEP score
          if (!(key in expected)) continue
          compared++; d = $column[score] - expected[key]
          if (d > .01 || d < -.01) bad = 1 } }
    END { exit bad || compared != 24 }' scores.txt score.tsv

# Out in the study's layout and in again: the same weights.
expect_exit 0 induct-export study --epoch 20000 --layout study -o theirs_20000
expect_exit 0 induct-import -q theirs_20000.safetensors -o again
expect_same again/epoch-00020000.safetensors study/epoch-00020000.safetensors
