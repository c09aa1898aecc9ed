#!/bin/bash
# induct-train as a user meets it: what it writes, that it gives the same bytes however it is run,
# how it stops.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

# A model that trains thousands of epochs a second.
small=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 5 --ood 3,8
       --ood-sequences 8 --batch 8)
train() {
    induct-train "${small[@]}" -o "$@"
}
checkpoints() { # checkpoints RUN EPOCH...: the run has these and no others
    local run=$1 found
    shift
    found=$(cd "$run" && printf '%s\n' epoch-* | sed 's/^epoch-0*//; s/\..*//; s/^$/0/' | xargs)
    [[ $found == "$*" ]] || cli_fail "$run has checkpoints $found, expected $*"
}
stderr_matches() { # stderr_matches REGEX
    grep -qE -- "$1" "$cli_err" || cli_fail "stderr has no line like: $1"
}
same_run() { # same_run A B: checkpoints byte for byte, metrics but for the seconds
    local file
    for file in "$1"/epoch-*; do
        expect_same "$file" "$2/${file##*/}"
    done
    expect_true "metrics of $1 and $2 differ" cmp <(cut -f1-6 "$1/metrics.tsv") \
        <(cut -f1-6 "$2/metrics.tsv")
}

# ---- What a run leaves -------------------------------------------------------------------------
expect_exit 0 train a --epochs 40 --checkpoint-every 20 --log-every 10 --threads 1
expect_stdout ""
stderr_matches '^custom: seed 0, [0-9]+ trained parameters, epochs 0 to 40, into a$'
stderr_matches '^epoch 40 of 40: loss '
expect_stderr_lines 2
checkpoints a 0 20 40
expect_file a/config.json a/resume.safetensors
# The default folder, quietly.
expect_exit 0 induct-train --quiet --preset 1L-fixed --epochs 2 --ood none --seed 7 --threads 2
expect_stderr ""
checkpoints runs/1L-fixed-seed7 0 2

# Schedules: every epoch, none but the ends, log-spaced.
expect_exit 0 train dense --epochs 5 --checkpoint-every 1
checkpoints dense 0 1 2 3 4 5
expect_exit 0 train log --epochs 30 --checkpoint-every 0 --log-checkpoints 4
checkpoints log 0 1 2 3 6 10 18 30

# ---- The same bytes ----------------------------------------------------------------------------
for threads in 2 4; do
    expect_exit 0 train "t$threads" --epochs 40 --checkpoint-every 20 --log-every 10 \
        --threads "$threads"
    same_run a "t$threads"
done

# BLAS has no part in a training run: its kernels may be those of another processor.
if [[ $(uname -m) == x86_64 ]]; then
    OPENBLAS_CORETYPE=Prescott expect_exit 0 train blas --epochs 40 --checkpoint-every 20 \
        --log-every 10
    expect_true "the kernels were not changed" grep -q '"blas_core": "Prescott"' blas/config.json
    same_run a blas
fi
expect_exit 0 train other --epochs 20 --checkpoint-every 20 --seed 1
expect_true "the seed is ignored" bash -c "! cmp -s a/epoch-00000020.safetensors \
    other/epoch-00000020.safetensors"

# A finished run, extended, is the longer run.
expect_exit 0 train b --epochs 20 --checkpoint-every 20 --log-every 10
expect_exit 0 induct-train --resume b --epochs 40
stderr_matches 'epochs 20 to 40, into b$'
same_run a b
expect_same a/config.json b/config.json
end=$(sed -n 's/^\(epoch 40 of 40: loss .*%\);.*/\1/p' "$cli_err")
expect_exit 0 induct-train --resume b # nothing to do, and the same said of where it stands
expect_true "the loss is another one after a resume" grep -qF "$end; 0 epochs in" "$cli_err"
expect_exit 1 induct-train --resume b --epochs 30
expect_stderr_has 'b is at epoch 40 already: --epochs 30 lies behind it'
same_run a b

# ---- Stopping ----------------------------------------------------------------------------------
start induct-train "${small[@]}" -o long --epochs 100000000 --checkpoint-every 0 --quiet
wait_for 30 test -e long/resume.safetensors

expect_exit 1 induct-train --resume long # one trainer a folder
expect_stderr 'induct-train: another induct-train is writing to long'
kill -INT $cli_pid
expect_ended 130

start induct-train --resume b --epochs 100000000
wait_for 30 grep -q ', into b$' "$cli_err" # the handlers stand by then
kill -INT $cli_pid
expect_ended 130
stderr_matches '^go on with: induct-train --resume b$'
start induct-train --resume b
wait_for 30 grep -q ', into b$' "$cli_err"
kill -TERM $cli_pid
expect_ended 143
stderr_matches 'epochs [1-9][0-9]* to 100000000, into b$'

# ---- Divergence --------------------------------------------------------------------------------
expect_exit 1 train nan --lr 1e6 --epochs 500 --checkpoint-every 1
stderr_matches \
    '^induct-train: nan: epoch [0-9]+: the (loss|gradient) is not finite .*; the checkpoints before it are kept$'
last=$(sed -n 's/^induct-train: nan: epoch \([0-9]*\):.*/\1/p' "$cli_err")
checkpoints nan $(seq 0 $((last - 1)))

# ---- --live ------------------------------------------------------------------------------------
expect_exit 0 train live --epochs 3 --live
expect_stderr_has '--live needs a terminal: training goes on without the panel'
if has_terminals; then # more of it: cli.watch
    on_terminal induct-train --preset 1L-fixed --epochs 3 --live -o panel >panel.txt
    expect_true "no picture on a terminal" grep -q 'L0H3 .* [01][.][0-9][0-9]' panel.txt
    expect_true "what was said before it is lost" \
        bash -c 'sed "s/\x1b\[?1049h.*//" panel.txt | grep -q "into panel"'
fi

# ---- Another CPU's vectors ---------------------------------------------------------------------
sed -i 's/"vectors": "[^"]*"/"vectors": "neon"/' other/config.json
expect_exit 0 induct-train --resume other --epochs 25
expect_stderr_has 'begun with neon vectors, goes on with'
sed -i '/"vectors"/d' other/config.json
expect_exit 0 induct-train --resume other --epochs 30
expect_stderr_has "begun with an earlier version's vectors, goes on with"

# ---- A limit on the size of files --------------------------------------------------------------
limited() { # in blocks of 1,024 bytes
    (ulimit -f 20 && exec induct-train "$@")
}
expect_exit 1 limited "${small[@]}" -o limited --epochs 5 --checkpoint-every 1
expect_stderr_has ': cannot write: File too large'
expect_true "a part of a file was left" bash -c '! compgen -G "limited/*.tmp"'
