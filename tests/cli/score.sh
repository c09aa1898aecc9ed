#!/bin/bash
# induct-score: its table on a small run, its options, the same bytes whatever the threads, and what
# it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs induct-train

# Without a run: what there is to choose from.
expect_exit 0 induct-score --list
expect_stdout_file list.tsv
expect_stderr ''
expect_exit 0 induct-score --list --compat tl-detect --format csv
expect_stdout_has 'induction,yes,0.02079,"mean of A[i,i-n+1], i = n..2n-1",'
expect_exit 1 induct-score
expect_stderr_lines 1

induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 \
    --batch 16 --epochs 400 --checkpoint-every 50 --seed 1 --quiet -o small >train.txt 2>&1

# ---- The table ----

# Epoch 0 is a function of the seed; 400 epochs of training multiply what kernels differ in.
expect_exit 0 induct-score small --epochs 0 --score all --period 5 --sequences 20
expect_table_file epoch0.tsv
expect_stderr ''
expect_exit 0 induct-score small --epochs 200,400 --period 5 --baseline
expect_table_file trained.tsv prev_token=0.03 self=0.03 duplicate=0.03 induction=0.03 \
    prefix_match=0.03 entropy=0.03 first=0.03
cp "$cli_out" whole.tsv

# Values do not depend on which scores, heads and epochs stand beside them.
expect_exit 0 induct-score small --epochs 400 --period 5
cells "$cli_out" epoch head first induction | grep -P '\tL1' >cut.tsv
expect_exit 0 induct-score small --epoch 400 --heads 'L1H*' --score first,induction --period 5
tail -n +3 "$cli_out" >alone.tsv
expect_same cut.tsv alone.tsv

# Intervals hold the value; the value is the one without them.
expect_exit 0 induct-score small --epochs ::200 --period 5 --intervals --baseline --score induction,positional_prev_token
expect_stdout_has $'epoch\thead\tinduction\tinduction_lo\tinduction_hi\tinduction_uniform\tpositional'
expect_true 'lo <= value <= hi, of positive width' rows "$cli_out" '
    !($c["induction_lo"] < $c["induction"] && $c["induction"] < $c["induction_hi"]) { bad = 1 }
    { lo = $c["positional_prev_token_lo"]; hi = $c["positional_prev_token_hi"] } # no sequences in it
    !(lo <= $c["positional_prev_token"] && $c["positional_prev_token"] <= hi && hi - lo < 1e-6) { bad = 1 }
    END { exit bad || N != 3 * 4 }'
cells "$cli_out" epoch head induction induction_uniform >with.tsv
expect_exit 0 induct-score small --epochs ::200 --period 5 --baseline --score induction
tail -n +3 "$cli_out" >without.tsv
expect_same with.tsv without.tsv

# The published variants differ from the definitions, and only where they are meant to.
expect_exit 0 induct-score small --epochs 400 --period 5 --heads L1H0 --score prev_token,induction,self
cp "$cli_out" ours.tsv
expect_exit 0 induct-score small --epochs 400 --period 5 --heads L1H0 --score prev_token,induction,self --compat tl-demo
cp "$cli_out" demo.tsv
expect_exit 0 induct-score small --epochs 400 --period 5 --heads L1H0 --score prev_token,induction,self --compat tl-detect
cp "$cli_out" detect.tsv
changed() { # changed TABLE: which scores are others than ours
    local score
    for score in prev_token induction self; do
        [[ $(cells ours.tsv "$score") == "$(cells "$1" "$score")" ]] || echo "$score"
    done
}
expect_true 'tl-demo changes induction alone' test "$(changed demo.tsv)" = induction
expect_true 'tl-detect changes prev_token and induction' test "$(changed detect.tsv)" = $'prev_token\ninduction'

# A period that fills the context leaves nothing to repeat.
expect_exit 1 induct-score small --epochs 0 --heads L0H0 --period 23
expect_stderr 'induct-score: small: --period: 23 leaves nothing to predict in a context of 24 (1 to 22)'

# Without a period it is the middle of the trained ones, here 4 to 6.
expect_exit 0 induct-score small --epochs 0
tail -n +2 "$cli_out" >default.tsv
expect_exit 0 induct-score small --epochs 0 --period 5
tail -n +2 "$cli_out" >five.tsv
expect_same default.tsv five.tsv

# Of a model of which nobody said on what it was trained the guess is told, not where a period is given.
mkdir bare
cp small/epoch-00000400.safetensors bare/
expect_exit 0 induct-score bare --score self
expect_stderr 'induct-score: bare: which periods it was trained on is not known: 12 taken (say --period, or import it with --trained)'
expect_exit 0 induct-score bare --score self --period 5
expect_stderr ''

# Several runs: one table with a column `run`, in their order.
cp -r small again
expect_exit 0 induct-score small again --epochs 0
expect_true 'two runs, the same rows' test "$(rows "$cli_out" '$c["run"] == "small" { $c["run"] = "again"; print }')" = \
    "$(rows "$cli_out" '$c["run"] == "again"')"
expect_true 'in their order' test "$(cells "$cli_out" run | uniq | tr '\n' ' ')" = 'small again '

# The participation ratio is of all sequences: it has neither interval nor chance, and is between 1 and
# the head's width. Weighted attention is another one, whose rows still sum to 1.
expect_exit 0 induct-score small --score participation,self --intervals --baseline
expect_true 'participation' rows "$cli_out" '
    $c["participation"] < 1 || $c["participation"] > 8 { bad = 1 }
    $c["participation_lo"] != "nan" || $c["participation_uniform"] != "nan" { bad = 1 }
    $c["self_lo"] == "nan" { bad = 1 }
    END { exit bad || !N }'
expect_exit 0 induct-score small --score self,entropy,participation --epochs last
cells "$cli_out" self entropy >attention
cells "$cli_out" participation >participation
expect_exit 0 induct-score small --score self,entropy,participation --epochs last --value-weighted
expect_true 'weights differ' test "$(cells "$cli_out" self entropy)" != "$(cat attention)"
expect_true 'the output is the same' test "$(cells "$cli_out" participation)" = "$(cat participation)"

# ---- Threads, and where it goes ----

for threads in 1 2 4; do
    expect_exit 0 induct-score small --intervals --score all --threads $threads -o threads$threads.tsv
done
expect_same threads1.tsv threads2.tsv
expect_same threads1.tsv threads4.tsv
expect_true 'nine checkpoints of four heads' test "$(wc -l <threads1.tsv)" -eq 38
expect_exit 1 bash -c 'induct-score small --epochs 0 --period 5 >/dev/full'
expect_stderr 'induct-score: cannot write: No space left on device'

# ---- What it refuses ----

expect_exit 1 induct-score small --score inductoin
expect_stderr "induct-score: unknown score 'inductoin': there are prev_token, self, duplicate, induction, prefix_match, entropy, first, fixed_offset(N), positional_prev_token, copy_index, anti_induction, lag(N), participation"
expect_exit 1 induct-score small --heads L2H0
expect_stderr "induct-score: --heads: no head matches 'L2H0': the model has L0H0 to L1H1"
expect_exit 1 induct-score small --epochs 77
expect_stderr_has "no checkpoint matches '77'"
expect_exit 1 induct-score nowhere
expect_stderr_lines 1
expect_exit 64 induct-score small --period 0
expect_exit 64 induct-score small --sequences 0
expect_exit 64 induct-score small --compat tl
expect_exit 1 induct-score small other # no such run: found out before the first row
expect_stdout ''
expect_stderr_has other
