#!/bin/bash
# induct-lens: its tables on the golden series; the last layer is the model, components sum to its logits.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

column() { # column NAME TABLE: its number
    grep -v '^#' "$2" | head -n 1 | tr '\t' '\n' | grep -nx "$1" | cut -d: -f1
}
columns() { # columns TABLE NAME...: those columns, without headings
    local table=$1 list=
    shift
    for name in "$@"; do list+=${list:+,}$(column "$name" "$table"); done
    grep -v '^#' "$table" | tail -n +2 | cut -f "$list"
}

expect_exit 0 induct-lens tiny --periods 4,7 --sequences 32
expect_table_file layers.tsv
expect_stderr ''
cp "$cli_out" layers.tsv
columns layers.tsv layer epoch period accuracy accuracy_lo accuracy_hi loss predictions |
    awk -F '\t' '$3 == 2' >lens.txt # the columns keep the table's order: epoch period layer ...
expect_exit 0 induct-eval tiny --periods 4,7 --sequences 32
cp "$cli_out" eval.tsv
columns eval.tsv epoch period accuracy accuracy_lo accuracy_hi loss predictions >eval.txt
cut -f 1,2,4- lens.txt >last.txt
expect_same last.txt eval.txt

expect_exit 0 induct-lens tiny --attribution --periods 4,7 --sequences 32
expect_table_file components.tsv remainder=1e-5 logit=1e-4 logit_lo=1e-4 logit_hi=1e-4 share=1e-3
cp "$cli_out" components.tsv
columns components.tsv epoch period component logit remainder >sums.txt
expect_true 'components sum to the model' awk -F '\t' '
    $3 == "model" { if (($4 - sum) ^ 2 > 1e-9 || $5 > 1e-5) bad = 1; sum = 0; models++; next }
    { sum += $4 }
    END { exit bad || models != 8 }' sums.txt
for threads in 1 3; do
    expect_exit 0 induct-lens tiny --attribution --periods 4,7 --sequences 32 --threads $threads
    expect_same "$cli_out" components.tsv
done

# Biases and LayerNorm are components and directions too.
induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --bias \
    --layer-norm --epochs 30 --seed 1 --quiet -o normed 2>train.txt
expect_exit 0 induct-lens normed --attribution --epochs last
cp "$cli_out" normed.tsv
expect_true 'sums with biases and a norm' awk -F '\t' '$1 > 1e-5 { bad = 1 } END { exit bad || NR < 5 }' \
    <(columns normed.tsv remainder)
