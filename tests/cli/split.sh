#!/bin/bash
# induct-split: its four tables on the golden series, the same bytes whatever the threads, and what it
# refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

# ---- Means by offset ----

expect_exit 0 induct-split tiny --epochs 0,3000 --sequences 20
expect_table_file offsets.tsv
expect_stderr ''
expect_true 'the terms sum to the score, heads of layer 1, 23 offsets' rows "$cli_out" '
    ($c["cc"] + $c["cp"] + $c["pc"] + $c["pp"] - $c["total"]) ^ 2 > 1e-9 { bad = 1 }
    $c["head"] !~ /^L1H/ || $c["pairs"] != 20 * (23 - $c["offset"]) { bad = 1 }
    END { exit bad || N != 2 * 2 * 23 }'

# Heads of layer 0 can be asked for too.
expect_exit 0 induct-split tiny --heads 'L0H0,L1H1' --epochs last --format csv
expect_stdout_has '3000,L0H0,22,'
expect_stdout_has '3000,L1H1,22,'

# ---- The bump ----

expect_exit 0 induct-split tiny --bump
expect_table_file bump.tsv
expect_true 'bump = inside - beyond' rows "$cli_out" '
    ($c["bump"] - $c["inside"] + $c["beyond"]) ^ 2 > 1e-9 { bad = 1 } END { exit bad || N != 4 * 2 }'
cp "$cli_out" trained.tsv

# The golden series' periods are 5 to 8; the bump is the mean of the table above it.
expect_exit 0 induct-split tiny --bump --offsets 4:7
tail -n +3 "$cli_out" >given.tsv
tail -n +3 trained.tsv >default.tsv
expect_same given.tsv default.tsv
expect_exit 0 induct-split tiny --epochs 3000 --heads L1H0
inside=$(rows "$cli_out" '
    $c["offset"] >= 4 && $c["offset"] <= 7 { s += $c["pp"] * $c["pairs"]; n += $c["pairs"] }
    END { print s / n }')
expect_true 'inside is the mean of pp over pairs' rows trained.tsv '
    $c["epoch"] == 3000 && $c["head"] == "L1H0" { d = $c["inside"] - inside; seen = 1 }
    END { exit !seen || d * d > 1e-8 }' inside="$inside"

# ---- Sources ----

expect_exit 0 induct-split tiny --sources --epochs 3000 --period 7
expect_table_file sources.tsv
expect_true 'token, position and two heads, squared, of two heads' test "$(wc -l <"$cli_out")" -eq 34
expect_exit 1 induct-split tiny --sources --epochs 3000 --period 23 --heads L1H0
expect_stderr 'induct-split: tiny: --period: 23 leaves nothing to predict in a context of 24 (1 to 22)'

# ---- Dropping ----

expect_exit 0 induct-split tiny --drop pp,cp+pc,pp+cp+pc+cc --epochs 2000,3000 --periods 4,7,10
expect_table_file drop.tsv accuracy=0.01 accuracy_dropped=0.01 accuracy_delta=0.01 delta_lo=0.02 \
    delta_hi=0.02 loss=1e-3 loss_dropped=1e-3 loss_delta=1e-3
cp "$cli_out" drop.tsv
expect_exit 0 induct-split tiny --drop pp --epochs 3000 --periods 7
rows drop.tsv '$c["epoch"] == 3000 && $c["dropped"] == "pp" && $c["period"] == 7' >one.tsv
cp "$cli_out" single.tsv
tail -n 1 single.tsv >alone.tsv
expect_same one.tsv alone.tsv

# Accuracy as it is is induct-eval's, on the same sequences.
expect_exit 0 induct-eval tiny --epochs 3000 --periods 7 --sequences 64 --resamples 0
clean=$(cells "$cli_out" accuracy loss)
expect_true "induct-eval says $clean" test "$clean" = "$(cells single.tsv accuracy loss)"

# Without --periods: what the run was trained on and measures outside; without resamples no interval.
expect_exit 0 induct-split tiny --drop pp,pp,cc --epochs last --resamples 0
expect_true 'each set once at every period' test "$(cells "$cli_out" dropped | grep -c '^pp$')" -ge 3
expect_true 'no interval' test "$(cells "$cli_out" delta_lo delta_hi | sort -u)" = $'nan\tnan'

# ---- Threads ----

for table in '' --bump --sources '--drop=pp,cc'; do
    for threads in 1 2 4; do
        expect_exit 0 induct-split tiny $table --sequences 10 --threads $threads -o t$threads.tsv
    done
    expect_same t1.tsv t2.tsv
    expect_same t1.tsv t4.tsv
done

# ---- What it refuses ----

expect_exit 64 induct-split tiny --bump --sources
expect_stderr_has '--bump and --sources are tables of their own: say one'
expect_exit 64 induct-split tiny --drop pp --period 7
expect_stderr_has '--period does not go with --drop'
expect_exit 64 induct-split tiny --periods 7
expect_stderr_has '--periods goes with --drop'
for list in px '' 'pp,' 'pp+' 'pp+pp' 'ppcc'; do
    expect_exit 1 induct-split tiny --drop "$list"
    expect_stderr "induct-split: --drop: '$list' is not a list of cc, cp, pc, pp or sums of them (cp+pp)"
done
expect_exit 1 induct-split tiny --drop pp --periods 23
expect_stderr 'induct-split: tiny: --periods: 23 leaves nothing to predict in a context of 24 (1 to 22)'
expect_exit 1 induct-split tiny --heads L2H0
expect_stderr "induct-split: --heads: no head matches 'L2H0': the model has L0H0 to L1H1"
expect_exit 1 induct-split tiny --bump --offsets 4:22
expect_stderr 'induct-split: trained offsets up to 22 leave none beyond them in a context of 24: say --offsets A:B'
expect_exit 64 induct-split tiny --bump --offsets 4,9
expect_stderr_has 'induct-split: --offsets: one range A:B of offsets, ascending'

# One layer has no later heads: those of its embeddings are split. Without a table there is no split.
needs induct-train
induct-train --layers 1 --heads 2 --d-model 8 --d-head 4 --vocab 8 --context 12 --period 3 --batch 2 \
    --epochs 1 --quiet -o one >train.txt 2>&1
expect_exit 0 induct-split one --epochs last
expect_stdout_has $'1\tL0H1\t10\t'
induct-train --layers 2 --heads 2 --d-model 8 --d-head 4 --vocab 8 --context 12 --period 3 --batch 2 \
    --epochs 1 --positions none --quiet -o none >train.txt 2>&1
expect_exit 1 induct-split none
expect_stderr 'induct-split: none: positions are none: only a table added to the residual stream (sinusoidal, learned) can be split off'
mkdir unknown
cp tiny/epoch-00003000.safetensors unknown
expect_exit 1 induct-split unknown --bump
expect_stderr 'induct-split: unknown: which periods it was trained on is not known: say --offsets A:B, or import it with --trained'
