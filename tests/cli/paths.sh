#!/bin/bash
# induct-paths: both tables on the golden series, sums that must hold in them, and what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

# ---- The table of paths ----

expect_exit 0 induct-paths tiny --periods 7,12 --epochs 0,3000
expect_table_file paths.tsv logit=1e-3 centred=1e-3 logit_share=5e-3 centred_share=5e-3 remainder=1e-5
expect_stderr ''
cp "$cli_out" paths.tsv
expect_true 'paths sum to the model, remainder below 1e-5' rows paths.tsv '
    function far(x) { return x < -1e-4 || x > 1e-4 }
    { key = $c["epoch"] " " $c["period"]; kind = $c["kind"]; logit = $c["logit"]; about = $c["centred"] }
    !($c["remainder"] >= 0 && $c["remainder"] < 1e-5) { bad = 1 }
    $c["predictions"] != 64 * (23 - $c["period"]) { bad = 1 }
    kind == "part" { part[key] += logit; centred_part[key] += about; next }
    kind == "model" && ($c["logit_share"] != 1 || $c["centred_share"] != 1) { bad = 1 }
    kind == "model" { model[key] = logit; centred_model[key] = about; next }
    kind == "direct" { direct[key] = logit; centred_direct[key] = about }
    { sum[key] += logit; centred[key] += about; share[key] += $c["logit_share"] }
    END {
        for (key in model)
            if (far(sum[key] - model[key]) || far(centred[key] - centred_model[key]) ||
                far(share[key] - 1) || far(part[key] - direct[key]) ||
                far(centred_part[key] - centred_direct[key])) bad = 1
        exit bad || N != 4 * (3 + 4 + 4 + 1)
    }'
expect_exit 0 induct-paths tiny --periods 12 --epochs last
tail -n +3 "$cli_out" >some.tsv
rows paths.tsv '$c["epoch"] == 3000 && $c["period"] == 12' >rows.tsv
expect_same some.tsv rows.tsv

# ---- Loss by order ----

expect_exit 0 induct-paths tiny --loss --epochs 0,3000 --periods 7
expect_table_file loss.tsv loss=2e-3 loss_lo=4e-3 loss_hi=4e-3 gain=2e-3 accuracy=4e-3 accuracy_lo=8e-3 \
    accuracy_hi=8e-3 remainder=1e-5
cp "$cli_out" loss.tsv
expect_true 'gains are differences of losses, from a uniform guess' rows loss.tsv '
    function far(x) { return x < -2e-5 || x > 2e-5 }
    { before = $c["order"] == 0 ? log(32) : loss; loss = $c["loss"] }
    far(before - loss - $c["gain"]) || $c["loss_lo"] > loss || loss > $c["loss_hi"] { bad = 1 }
    END { exit bad || N != 2 * 3 }'
expect_exit 0 induct-eval tiny --epochs last --periods 7 --sequences 64
expect_true 'all orders together are the model' rows loss.tsv '
    $c["epoch"] == 3000 && $c["order"] == 2 {
        far = (loss - $c["loss"]) ^ 2 > 1e-8 || (accuracy - $c["accuracy"]) ^ 2 > 1e-5
        seen = 1
    }
    END { exit far || !seen }' loss="$(cells "$cli_out" loss)" accuracy="$(cells "$cli_out" accuracy)"
expect_exit 0 induct-paths tiny --loss --epochs 0,3000 --periods 7 --resamples 0
rows loss.tsv '{
    $c["loss_lo"] = $c["loss_hi"] = $c["accuracy_lo"] = $c["accuracy_hi"] = "nan"; print }' >bare.tsv
tail -n +3 "$cli_out" >without.tsv
expect_same bare.tsv without.tsv

# Biases are a path of their own, and in every order.
induct-train --layers 1 --heads 2 --d-model 8 --d-head 4 --vocab 16 --context 24 --period 4 --bias \
    --batch 4 --epochs 40 --lr 0.01 --quiet -o biased >train.txt 2>&1
expect_exit 0 induct-paths biased --epochs last
expect_true 'with biases too paths sum to the model' rows "$cli_out" '
    $c["kind"] == "model" { model = $c["logit"] }
    $c["kind"] == "bias" { bias = $c["logit"] }
    $c["kind"] != "model" && $c["kind"] != "part" { sum += $c["logit"] }
    !($c["remainder"] < 1e-5) { bad = 1 }
    END { exit bad || (sum - model) ^ 2 > 1e-8 || bias ^ 2 < 1e-8 }'

# ---- Periods, threads, formats ----

expect_exit 0 induct-paths tiny --loss --sequences 2 --epochs last --ood
expect_true 'periods' test "$(cells "$cli_out" period | uniq | tr '\n' ' ')" = '5 6 8 10 15 '
for threads in 1 2; do
    expect_exit 0 induct-paths tiny --sequences 20 --periods 5,9 --threads $threads -o paths$threads.tsv
    expect_exit 0 induct-paths tiny --loss --sequences 20 --periods 5,9 --threads $threads \
        -o loss$threads.tsv
done
expect_same paths1.tsv paths2.tsv
expect_same loss1.tsv loss2.tsv
expect_exit 0 induct-paths tiny --epochs 0 --periods 7 --format jsonl
expect_stdout_has '"path":"L0H0>L1H1", "kind":"virtual", "order":2, "centred":'
expect_exit 1 bash -c 'induct-paths tiny --epochs 0 --periods 7 >/dev/full'
expect_stderr_lines 1

# ---- What it refuses ----

expect_exit 64 induct-paths tiny --periods 0
expect_exit 1 induct-paths tiny --periods 23
expect_stderr 'induct-paths: tiny: --periods: 23 leaves nothing to predict in a context of 24 (1 to 22)'
induct-train --layers 1 --heads 2 --d-model 8 --d-head 4 --vocab 16 --context 24 --period 4 --layer-norm \
    --batch 4 --epochs 1 --quiet -o normed >train.txt 2>&1
expect_exit 1 induct-paths normed
expect_stderr 'induct-paths: normed: a model with LayerNorm is not linear: its logits are no sum of paths'
expect_stdout ''
mkdir broken
cp tiny/* broken/
truncate -s 9000 broken/epoch-00002000.safetensors
expect_exit 1 induct-paths broken --strict --periods 7 --sequences 8
expect_stderr_lines 1
expect_stderr_has 'broken/epoch-00002000.safetensors'

expect_exit 0 induct-paths --help
expect_stdout_has 'remainder'
