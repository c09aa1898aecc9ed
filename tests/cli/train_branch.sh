#!/bin/bash
# Branches of a run: the parent's bytes where nothing changes, another run where something does.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 5 --ood 3,8
       --ood-sequences 8 --batch 8 --quiet)
branch() { # branch FOLDER RUN@EPOCH [OPTION...]
    local folder=$1 from=$2
    shift 2
    induct-train --quiet --from "$from" -o "$folder" "$@"
}
same_from() { # same_from EPOCH PARENT BRANCH: every later checkpoint, byte for byte
    local file epoch checked=0
    for file in "$2"/epoch-*; do
        epoch=$(sed 's/.*epoch-0*\([0-9]\)/\1/; s/[.].*//' <<<"$file")
        [[ $epoch -ge $1 ]] || continue
        expect_same "$file" "$3/${file##*/}"
        checked=$((checked + 1))
    done
    expect_true "no checkpoint to compare" test "$checked" -gt 1
}
differ() { expect_true "$1 and $2 are the same" bash -c "! cmp -s $1 $2"; }

expect_exit 0 induct-train "${small[@]}" -o parent --epochs 60 --checkpoint-every 10 --states 20 \
    --log-every 10 --seed 3
expect_file parent/state-00000020.safetensors parent/state-00000040.safetensors
expect_no_file parent/state-00000010.safetensors parent/state-00000000.safetensors

# ---- Nothing changed ---------------------------------------------------------------------------
expect_exit 0 branch same parent@20
expect_no_file same/epoch-00000010.safetensors
same_from 20 parent same
expect_true "other metrics" cmp <(tail -n +4 parent/metrics.tsv | cut -f1-6) \
    <(tail -n +2 same/metrics.tsv | cut -f1-6)
expect_true "the parent is not named" grep -q '"run": ".*/parent"' same/config.json
# by other threads, from a resume file, and further than the parent was meant to go
expect_exit 0 branch threads parent@40 --threads 1
same_from 40 parent threads
expect_exit 0 branch further parent@60 --epochs 80
expect_exit 0 induct-train --quiet --resume parent --epochs 80
same_from 60 parent further
# a branch of a branch
expect_exit 0 branch again same@40 --epochs 80
same_from 40 parent again

# ---- Interrupted -------------------------------------------------------------------------------
expect_exit 0 branch short parent@20 --epochs 30
expect_exit 0 induct-train --quiet --resume short --epochs 60
expect_same short/epoch-00000060.safetensors same/epoch-00000060.safetensors
# killed before it had a state of its own, it begins again from its parent's
rm short/resume.safetensors short/epoch-* short/state-*
expect_exit 0 induct-train --quiet --resume short
same_from 20 same short

# ---- Something changed -------------------------------------------------------------------------
for change in "--lr 0.0005" "--period 4:6" "--seed 4" "--decay embed=0" "--weight-decay 0" \
    "--period 4:6 --period-per sequence" "--loss repeated" "--schedule linear" "--warmup 30" "--clip 0.1" \
    "--lr-scale unembed=0.5" "--forbid pp" "--clamp L0H1=prev" "--ablate-during L0H0" \
    "--freeze W_Q"; do
    rm -rf changed
    # shellcheck disable=SC2086 # an option and its value
    expect_exit 0 branch changed parent@20 --epochs 30 $change
    expect_same parent/epoch-00000020.safetensors changed/epoch-00000020.safetensors
    differ parent/epoch-00000030.safetensors changed/epoch-00000030.safetensors
    # and it can be gone on with, by its config.json alone
    expect_exit 0 branch longer parent@20 --epochs 40 $change
    [[ $change == *linear* ]] || expect_exit 0 induct-train --quiet --resume changed --epochs 40
    [[ $change == *linear* || $change == *warmup* ]] ||
        expect_same changed/epoch-00000040.safetensors longer/epoch-00000040.safetensors
    rm -rf longer
done
expect_exit 0 branch linear parent@20 --epochs 30 --schedule linear
expect_exit 1 induct-train --quiet --resume linear --epochs 40
expect_stderr_has 'the linear schedule of this run ends at epoch 30'

# ---- Refused -----------------------------------------------------------------------------------
expect_exit 1 branch none parent@30
expect_stderr_has 'parent holds no state of epoch 30; it has 20, 40, 60, 80'
expect_no_file none
expect_exit 1 branch none nowhere@20
expect_stderr_has 'nowhere: No such file'
expect_exit 1 branch none parent
expect_stderr_has "--from takes RUN@EPOCH, not 'parent'"
expect_exit 64 branch none parent@20 --layers 3
expect_stderr_has '--layers cannot go with --from'
expect_exit 64 branch none parent@20 --position-offset 3
expect_stderr_has '--position-offset cannot go with --from'
expect_exit 64 branch none parent@20 --preset 1L-fixed
expect_stderr_has '--preset cannot go with --from'
expect_exit 64 induct-train --from parent@20
expect_stderr_has '--from needs a folder for the new run'
expect_exit 64 induct-train --from parent@20 --resume parent
expect_stderr_has 'not both'
expect_exit 64 branch none parent@20 --epochs 10
expect_stderr_has 'first epoch must lie in 0..10'
expect_exit 1 branch parent same@20
expect_stderr_has 'parent already holds another run'
