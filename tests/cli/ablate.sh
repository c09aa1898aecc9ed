#!/bin/bash
# induct-ablate: its table on the golden series, sums that must hold in it, and what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

# ---- The table ----

tolerances=(accuracy=2e-3 accuracy_ablated=4e-3 accuracy_delta=4e-3 delta_lo=8e-3 delta_hi=8e-3
    loss=1e-3 loss_ablated=2e-3 loss_delta=2e-3)
modes=zero,mean,resample,frozen,mediated,pattern-uniform,pattern-prev

expect_exit 0 induct-ablate tiny --head L0H1 --ood --epochs 1000:
expect_table_file ood.tsv "${tolerances[@]}"
expect_stderr ''
expect_exit 0 induct-ablate tiny --mode $modes --epochs last --periods 7
expect_table_file modes.tsv "${tolerances[@]}"
expect_exit 0 induct-ablate tiny --mode $modes --head 'L1H0,L0H1' --periods 7,12 --sequences 20
cp "$cli_out" all.tsv

# What every row must obey: delta = ablated - clean, inside its interval, predictions are counted.
far='function far(x) { return x < -2e-5 || x > 2e-5 }' # of what six decimals of three numbers leave
expect_true 'differences agree' rows all.tsv "$far"'
    far($c["accuracy_ablated"] - $c["accuracy"] - $c["accuracy_delta"]) { bad = 1 }
    far($c["loss_ablated"] - $c["loss"] - $c["loss_delta"]) { bad = 1 }
    $c["delta_lo"] > $c["accuracy_delta"] || $c["accuracy_delta"] > $c["delta_hi"] { bad = 1 }
    $c["predictions"] != 20 * (23 - $c["period"]) || $c["heads"] != "L0H1+L1H0" { bad = 1 }
    END { exit bad || N != 4 * 7 * 2 }'

# Frozen + mediated = zero, in accuracy and loss; mediated begins where frozen ends.
expect_true 'frozen + mediated = zero' rows all.tsv "$far"'
    { key = $c["epoch"] " " $c["period"]; delta = $c["accuracy_delta"]; more = $c["loss_delta"] }
    $c["mode"] == "zero" { total[key] = delta; loss[key] = more }
    $c["mode"] == "frozen" { direct[key] = delta; direct_loss[key] = more; end[key] = $c["accuracy_ablated"] }
    $c["mode"] == "mediated" {
        if (far(direct[key] + delta - total[key]) || far(direct_loss[key] + more - loss[key])) bad = 1
        if ($c["accuracy"] != end[key]) bad = 1
        seen++
        moved = moved || far(delta)
    }
    END { exit bad || seen != 8 || !moved }'

# Nothing comes after the last layer: there frozen is zero, and nothing is mediated.
expect_exit 0 induct-ablate tiny --head L1H1 --mode zero,frozen,mediated --periods 7 --epochs last
expect_true 'no path through patterns after the last layer' rows "$cli_out" '
    { delta = $c["accuracy_delta"]; more = $c["loss_delta"] }
    $c["mode"] == "zero" { total = delta; loss = more }
    $c["mode"] == "frozen" && (delta != total || more != loss) { bad = 1 }
    $c["mode"] == "mediated" && (delta != 0 || $c["delta_lo"] != 0 || $c["delta_hi"] != 0 || more != 0) { bad = 1 }
    END { exit bad || total == 0 }'

# A row depends on its epoch, heads, mode, period and the seed alone; without --head each is alone.
expect_exit 0 induct-ablate tiny --head 'L1H0,L0H1' --mode frozen,resample --periods 12 \
    --epochs 2000 --sequences 20
for mode in frozen resample; do
    rows all.tsv '$c["epoch"] == 2000 && $c["period"] == 12 && $c["mode"] == mode' mode=$mode
done >rows.tsv
tail -n +3 "$cli_out" >some.tsv
expect_same some.tsv rows.tsv
expect_exit 0 induct-ablate tiny --epochs last --periods 7 --sequences 20
cp "$cli_out" single.tsv
tail -n +3 single.tsv >alone.tsv
expect_exit 0 induct-ablate tiny --epochs last --periods 7 --sequences 20 --each --head '*'
tail -n +3 "$cli_out" >each.tsv
expect_same alone.tsv each.tsv
expect_true 'four heads' test "$(cells single.tsv heads | tr '\n' ' ')" = 'L0H0 L0H1 L1H0 L1H1 '
expect_exit 0 induct-ablate tiny --epochs last --periods 7 --sequences 20 --seed 1
expect_true 'another seed, other data' test "$(tail -n +3 "$cli_out")" != "$(<alone.tsv)"
expect_exit 0 induct-ablate tiny --epochs last --periods 7 --sequences 20 --resamples 0
rows single.tsv '{ $c["delta_lo"] = $c["delta_hi"] = "nan"; print }' >bare.tsv
tail -n +3 "$cli_out" >without.tsv
expect_same without.tsv bare.tsv

# The clean side is what induct-eval says of the same sequences.
expect_exit 0 induct-eval tiny --epochs last --periods 7 --sequences 20
expect_true 'clean is induct-eval' test "$(cells "$cli_out" accuracy loss)" = \
    "$(cells single.tsv accuracy loss | head -n 1)"

# The trained periods by default, the study's and the run's beside them with --ood.
expect_exit 0 induct-ablate tiny --epochs last --head L0H0 --sequences 2
expect_true 'trained periods' test "$(cells "$cli_out" period | tr '\n' ' ')" = '5 6 8 '
expect_exit 0 induct-ablate tiny --epochs last --head L0H0 --sequences 2 --ood --periods 22
expect_true 'and others' test "$(cells "$cli_out" period | tr '\n' ' ')" = '10 15 22 '

# ---- Threads, formats ----

for threads in 1 2; do
    expect_exit 0 induct-ablate tiny --mode $modes --sequences 20 --periods 5,9 \
        --threads $threads -o threads$threads.tsv
done
expect_same threads1.tsv threads2.tsv
expect_exit 0 induct-ablate tiny --head L0H0 --epochs 0 --periods 7 --format jsonl --resamples 0
expect_stdout_has '"heads":"L0H0", "mode":"zero", "period":7, "accuracy":'
expect_exit 1 bash -c 'induct-ablate tiny --epochs 0 --periods 7 >/dev/full'
expect_stderr_lines 1
expect_stderr_has 'No space left on device'

# ---- Shapley values ----

expect_exit 0 induct-ablate tiny --shapley --epochs 3000 --periods 7,10
expect_table_file shapley.tsv accuracy=4e-3 accuracy_lo=8e-3 accuracy_hi=8e-3 loss=2e-3 loss_lo=4e-3 \
    loss_hi=4e-3
cp "$cli_out" shapley.tsv
expect_true 'values sum to all minus none, inside their intervals' rows shapley.tsv "$far"'
    $c["accuracy_lo"] > $c["accuracy"] || $c["accuracy"] > $c["accuracy_hi"] { bad = 1 }
    $c["loss_lo"] > $c["loss"] || $c["loss"] > $c["loss_hi"] { bad = 1 }
    { sign = $c["kind"] == "all" ? 1 : $c["kind"] == "none" || $c["kind"] == "value" ? -1 : 0 }
    { accuracy[$c["period"]] += sign * $c["accuracy"]; loss[$c["period"]] += sign * $c["loss"] }
    END { exit bad || N != 2 * (2 + 4 + 6) || far(accuracy[7]) || far(accuracy[10]) ||
        far(loss[7]) || far(loss[10]) }'
expect_exit 0 induct-ablate tiny --each --epochs 3000 --periods 7
expect_true 'all is the model as it is' test "$(cells shapley.tsv accuracy loss | sed -n 2p)" = \
    "$(cells "$cli_out" accuracy loss | sed -n 1p)"
expect_exit 0 induct-ablate tiny --shapley --epochs last --periods 7,10 --threads 1 --resamples 0
rows shapley.tsv '{
    $c["accuracy_lo"] = $c["accuracy_hi"] = $c["loss_lo"] = $c["loss_hi"] = "nan"; print }' >bare.tsv
tail -n +3 "$cli_out" >without.tsv
expect_same bare.tsv without.tsv
expect_exit 0 induct-ablate tiny --shapley --head L0H1,L1H0 --mode mean --epochs last --periods 7
expect_true 'of two heads' test "$(cells "$cli_out" heads kind mode | tr '\t\n' ' ;')" = \
    '- none mean;L0H1+L1H0 all mean;L0H1 value mean;L1H0 value mean;L0H1+L1H0 interaction mean;'

# ---- What it refuses ----

expect_exit 64 induct-ablate tiny --mode null
expect_stderr_has "--mode: 'null' is none of zero, mean, resample, frozen, pattern-uniform, pattern-prev, mediated"
expect_exit 64 induct-ablate tiny --mode zero,
expect_exit 64 induct-ablate tiny --mode ''
expect_exit 64 induct-ablate tiny --sequences 0
expect_exit 64 induct-ablate tiny --shapley --mode zero,mean
expect_exit 64 induct-ablate tiny --shapley --mode mediated
expect_exit 64 induct-ablate tiny --shapley --each
expect_exit 1 induct-ablate tiny --head 'L2H*'
expect_stderr "induct-ablate: --heads: no head matches 'L2H*': the model has L0H0 to L1H1"
expect_stdout ''
expect_exit 1 induct-ablate tiny --periods 23
expect_stderr 'induct-ablate: tiny: --periods: 23 leaves nothing to predict in a context of 24 (1 to 22)'
induct-train --layers 2 --heads 7 --d-model 14 --d-head 2 --vocab 16 --context 24 --period 4 \
    --batch 4 --epochs 1 --quiet -o wide >train.txt 2>&1
expect_exit 1 induct-ablate wide --shapley --periods 7
expect_stderr 'induct-ablate: --shapley: 14 heads have too many subsets: at most 12'
mkdir broken
cp tiny/* broken/
truncate -s 9000 broken/epoch-00002000.safetensors
expect_exit 1 induct-ablate broken --strict --head L0H0 --periods 7 --sequences 8
expect_stderr_lines 1
expect_stderr_has 'broken/epoch-00002000.safetensors'
expect_true 'rows before it' test "$(tail -n +3 "$cli_out" | cut -f 1 | tr '\n' ' ')" = '0 1000 '
expect_exit 1 induct-ablate broken --strict --head L0H0 --periods 7 --sequences 8 -o out.tsv
expect_no_file out.tsv

expect_exit 0 induct-ablate --help
expect_stdout_has 'pattern-prev'
