#!/bin/bash
# Dense windows, a run trained again, scores and an averaged model beside the training: what is
# written while training is what comes afterwards.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --ood 3,8
       --ood-sequences 8 --batch 8 --quiet)
epochs() { # of a run's checkpoints
    (cd "$1" && printf '%s\n' epoch-* | sed 's/^epoch-0*//; s/\..*//; s/^$/0/' | xargs)
}
expect_epochs() { # expect_epochs RUN "EPOCH ..."
    [[ $(epochs "$1") == "$2" ]] || cli_fail "$1 has checkpoints $(epochs "$1"), expected $2"
}

# ---- Windows -----------------------------------------------------------------------------------
expect_exit 0 induct-train "${small[@]}" -o dense --epochs 60 --checkpoints 1
expect_exit 0 induct-train "${small[@]}" -o run --epochs 60 --checkpoints 3:6:1,20::20 --states 15
expect_epochs run "0 3 4 5 6 20 40 60"
expect_exit 0 induct-train --quiet --resume run --epochs 80
expect_epochs run "0 3 4 5 6 20 40 60 80"
expect_exit 64 induct-train "${small[@]}" -o none --checkpoints 5:3
expect_stderr_has 'is no list of K and A:B:C'
expect_exit 64 induct-train "${small[@]}" -o none --checkpoints 5:9:0

# ---- Again -------------------------------------------------------------------------------------
expect_exit 0 induct-train --again run --window 33:43:5
expect_stderr_has 'trained again from epoch 30: 3 checkpoints added, 1 that were there are the same'
expect_epochs run "0 3 4 5 6 20 33 38 40 43 60 80"
for epoch in 33 38 43; do
    expect_same "run/epoch-000000$epoch.safetensors" "dense/epoch-000000$epoch.safetensors"
done
expect_exit 0 induct-train --again run --window 33:43:5 # nothing left to add
expect_stderr_has '0 checkpoints added, 4 that were there are the same'
expect_exit 0 induct-train --quiet --again run --window 1:2 # from its seed
expect_same run/epoch-00000002.safetensors dense/epoch-00000002.safetensors
# a branch, from its parent's state
expect_exit 0 induct-train --quiet --from run@30 -o branch --epochs 60 --states 0 --checkpoints 30
expect_exit 0 induct-train --quiet --again branch --window 31:32
expect_same branch/epoch-00000032.safetensors <(tail -c +1 dense/epoch-00000032.safetensors)
# what is there and differs ends it
expect_exit 0 induct-train "${small[@]}" -o other --epochs 60 --checkpoints 1 --seed 1
cp other/epoch-00000040.safetensors run/
expect_exit 1 induct-train --again run --window 35:50
expect_stderr_has 'epoch-00000040.safetensors: trained again it has other bytes'
expect_exit 1 induct-train --again nothing --window 1:2
expect_exit 64 induct-train --again run
expect_exit 64 induct-train --again run --window 1:2 --lr 0.1
expect_exit 64 induct-train --window 1:2
expect_exit 1 induct-train --again run --window 7

# ---- Scores ------------------------------------------------------------------------------------
expect_exit 0 induct-train "${small[@]}" -o scored --epochs 40 --checkpoint-every 10 --log-every 10 \
    --log-scores 'prev_token,induction,fixed_offset(2:3)'
expect_exit 0 induct-score scored --score 'prev_token,induction,fixed_offset(2:3)'
# both as lines "epoch score_head number", in the same order
awk -F'\t' '/^#/ { next } !n { n = split($0, name); next }
    { for (i = 3; i <= n; i++) print $1, name[i] "_" $2, $i }' "$cli_out" | sort >afterwards
awk -F'\t' '!n { n = split($0, name); next }
    { for (i = 1; i <= n; i++) if (name[i] ~ /_L[0-9]+H/) print $1, name[i], $i }' \
    scored/metrics.tsv | sort >streamed
expect_true "no scores" test "$(wc -l <streamed)" -eq 80
expect_true "streamed scores are not those that induct-score gives" cmp streamed afterwards
expect_exit 0 induct-train --quiet --resume scored --epochs 50
expect_true "a resumed run's columns differ" awk -F'\t' 'NF != 25 { exit 1 }' scored/metrics.tsv
for epoch in 10 20 40; do # and they change nothing
    expect_exit 0 induct-train "${small[@]}" -o plain --epochs 40 --checkpoint-every 10
    expect_same "scored/epoch-000000$epoch.safetensors" "plain/epoch-000000$epoch.safetensors"
    rm -rf plain
done
expect_exit 64 induct-train "${small[@]}" -o none --log-scores nonsense
expect_no_file none

# ---- An average --------------------------------------------------------------------------------
expect_exit 0 induct-train "${small[@]}" -o mean --epochs 40 --checkpoint-every 10 --log-every 10 \
    --average ema:0.9
expect_same mean/epoch-00000040.safetensors dense/epoch-00000040.safetensors
expect_epochs mean/average "0 10 20 30 40"
# Its column is what induct-eval says of it, in a run whose rows rest on evaluation's sequences: one
# that goes on from an earlier version's.
expect_exit 0 induct-train "${small[@]}" -o earlier --epochs 0 --states 1
sed -i '/"ood_first"/d' earlier/config.json
expect_exit 0 induct-train --quiet --from earlier@0 -o later --epochs 40 --checkpoint-every 10 \
    --log-every 10 --average ema:0.9
expect_exit 0 induct-eval later/average --periods 3 --sequences 8
expect_same <(cells "$cli_out" epoch accuracy) <(cells later/metrics.tsv epoch average_3)
# resumed and branched with its average
expect_exit 0 induct-train "${small[@]}" -o mean2 --epochs 20 --checkpoint-every 10 --log-every 10 \
    --average ema:0.9 --states 20
expect_exit 0 induct-train --quiet --from mean2@20 -o mean3 --epochs 40
expect_same mean3/average/epoch-00000040.safetensors mean/average/epoch-00000040.safetensors
expect_exit 0 induct-train --quiet --resume mean2 --epochs 40
expect_same mean2/average/epoch-00000040.safetensors mean/average/epoch-00000040.safetensors
if command -v python3 >/dev/null; then
    python3 - <<'PY' || cli_fail "the average is not m += (1-D)(w - m)"
import json, struct
def weights(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    return struct.unpack("<%df" % ((len(data) - 8 - size) // 4), data[8 + size:])
mean = weights("dense/epoch-00000000.safetensors")
for epoch in range(1, 11):
    new = weights("dense/epoch-%08d.safetensors" % epoch)
    mean = [m + 0.1 * (w - m) for m, w in zip(mean, new)]
got = weights("mean/average/epoch-00000010.safetensors")
raise SystemExit(max(abs(a - b) for a, b in zip(mean, got)) > 1e-5)
PY
fi
expect_exit 64 induct-train "${small[@]}" -o none --average 0.9
expect_stderr_has '--average takes ema:D'

# ---- Smeared keys ------------------------------------------------------------------------------
expect_exit 0 induct-train "${small[@]}" -o smeared --smear-keys --epochs 20 --checkpoint-every 10
expect_exit 0 induct-score smeared --score prev_token
expect_stderr_has 'its keys are smeared'
expect_exit 0 induct-svd smeared --epochs last
expect_stderr_has "is of a key's own position"
expect_exit 1 induct-split smeared --epochs last
expect_stderr_has 'keys are smeared'
expect_exit 1 induct-export smeared -o out
expect_stderr_has 'smeared keys'
expect_no_file out.safetensors
