#!/bin/bash
# induct-lens: its tables on the golden series; the last layer is the model, components sum to its logits.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

expect_exit 0 induct-lens tiny --periods 4,7 --sequences 32
expect_table_file layers.tsv
expect_stderr ''
cp "$cli_out" layers.tsv
head -n 2 layers.tsv >last.tsv
rows layers.tsv '$c["layer"] == 2' >>last.tsv
expect_exit 0 induct-eval tiny --periods 4,7 --sequences 32
cp "$cli_out" eval.tsv
cells eval.tsv epoch period accuracy accuracy_lo accuracy_hi loss predictions >eval.txt
cells last.tsv epoch period accuracy accuracy_lo accuracy_hi loss predictions >last.txt
expect_same last.txt eval.txt

expect_exit 0 induct-lens tiny --attribution --periods 4,7 --sequences 32
expect_table_file components.tsv remainder=1e-5 logit=1e-4 logit_lo=1e-4 logit_hi=1e-4 share=1e-3
cp "$cli_out" components.tsv
expect_true 'components sum to the model' rows components.tsv '
    $c["component"] != "model" { sum += $c["logit"]; next }
    { if (($c["logit"] - sum) ^ 2 > 1e-9 || $c["remainder"] > 1e-5) bad = 1; sum = 0; models++ }
    END { exit bad || models != 8 }'
for threads in 1 3; do
    expect_exit 0 induct-lens tiny --attribution --periods 4,7 --sequences 32 --threads $threads
    expect_same "$cli_out" components.tsv
done

# Biases and LayerNorm are components and directions too.
induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --bias \
    --layer-norm --epochs 30 --seed 1 --quiet -o normed 2>train.txt
expect_exit 0 induct-lens normed --attribution --epochs last
cp "$cli_out" normed.tsv
expect_true 'sums with biases and a norm' rows normed.tsv '
    $c["remainder"] > 1e-5 { bad = 1 } END { exit bad || N < 5 }'
