#!/bin/bash
# induct-train as a user meets it: what it writes, what it refuses, how it stops.
set -uo pipefail
train=$INDUCT_BIN/induct-train
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

problem() {
    echo "FAILED: $*"
    [[ -f err ]] && sed 's/^/    stderr: /' err
    failures=$((failures + 1))
}

# A model that trains thousands of epochs a second.
small=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 5
       --ood 3,8 --ood-sequences 8 --batch 8)

status_of() { # status_of EXPECTED COMMAND...: its exit status; stdout and stderr in out and err
    local expected=$1
    shift
    "$@" >out 2>err
    local status=$?
    [[ $status -eq $expected ]] || problem "exit status $status, not $expected: $*"
    [[ ! -s out ]] || problem "writes to stdout: $*"
}

says() { # says REGEX: stderr has such a line
    grep -qE -- "$1" err || problem "stderr lacks: $1"
}

files() { # files RUN: names of its checkpoints
    (cd "$1" && ls epoch-*.safetensors 2>/dev/null | sed 's/^epoch-0*\([0-9]\)/\1/; s/\..*//' | tr '\n' ' ')
}

# ---- What a run leaves -------------------------------------------------------------------------
status_of 0 "$train" "${small[@]}" --epochs 40 --checkpoint-every 20 --log-every 10 -o a --threads 1
says '^custom: seed 0, [0-9]+ trained parameters, epochs 0 to 40, into a$'
says '^epoch 40 of 40: loss '
[[ $(files a) == "0 20 40 " ]] || problem "checkpoints of a: $(files a)"
[[ $(head -1 a/metrics.tsv) == $'epoch\tloss\taccuracy\tinduction_accuracy\tood_3\tood_8\tseconds' ]] ||
    problem "heading: $(head -1 a/metrics.tsv)"
[[ $(cut -f1 a/metrics.tsv | tr '\n' ' ') == "epoch 0 10 20 30 40 " ]] ||
    problem "epochs logged: $(cut -f1 a/metrics.tsv | tr '\n' ' ')"
awk -F'\t' 'NR > 1 && (NF != 7 || !($2 > 0 && $2 < 5) || !($4 >= 0 && $4 <= 1) || !($7 >= 0)) {
    exit 1 }' a/metrics.tsv || problem "rows out of range"

# The default folder, quietly.
status_of 0 "$train" --quiet --preset 1L-fixed --epochs 2 --ood none --seed 7 --threads 2
[[ ! -s err ]] || problem "--quiet is not silent"
[[ $(files runs/1L-fixed-seed7) == "0 2 " ]] || problem "no runs/1L-fixed-seed7"

# Schedules: all epochs, none but the ends, log-spaced.
status_of 0 "$train" "${small[@]}" -q --epochs 5 --checkpoint-every 1 -o dense
[[ $(files dense) == "0 1 2 3 4 5 " ]] || problem "dense: $(files dense)"
status_of 0 "$train" "${small[@]}" -q --epochs 30 --checkpoint-every 0 --log-checkpoints 4 -o log
[[ $(files log) == "0 1 2 3 6 10 18 30 " ]] || problem "log: $(files log)"

# ---- The same bytes ----------------------------------------------------------------------------
for threads in 2 4; do
    status_of 0 "$train" "${small[@]}" -q --epochs 40 --checkpoint-every 20 --log-every 10 \
        -o "t$threads" --threads "$threads"
    for file in a/epoch-*; do
        cmp -s "$file" "t$threads/${file#a/}" || problem "$threads threads: $file differs"
    done
    cmp -s <(cut -f1-6 a/metrics.tsv) <(cut -f1-6 "t$threads/metrics.tsv") ||
        problem "$threads threads: metrics differ"
done
status_of 0 "$train" "${small[@]}" -q --epochs 20 --checkpoint-every 20 --seed 1 -o other
cmp -s a/epoch-00000020.safetensors other/epoch-00000020.safetensors && problem "the seed is ignored"

# A finished run extended is the longer run.
status_of 0 "$train" "${small[@]}" -q --epochs 20 --checkpoint-every 20 --log-every 10 -o b
status_of 0 "$train" --resume b --epochs 40
says 'epochs 20 to 40, into b$'
for file in a/epoch-*; do
    cmp -s "$file" "b/${file#a/}" || problem "extended: $file differs"
done
cmp -s <(cut -f1-6 a/metrics.tsv) <(cut -f1-6 b/metrics.tsv) || problem "extended: metrics differ"
cmp -s a/config.json b/config.json || problem "extended: config.json differs"
status_of 0 "$train" --resume b
says '^epoch 40 of 40: '
status_of 1 "$train" --resume b --epochs 30
says 'b is at epoch 40 already: --epochs 30 lies behind it$'
[[ $(files b) == "0 20 40 " ]] || problem "refused extension left $(files b)"

# ---- Refusals ----------------------------------------------------------------------------------
status_of 1 "$train" "${small[@]}" -o a
says '^induct-train: a already holds a run \(--resume a '
status_of 1 "$train" --resume nothing
says '^induct-train: nothing: '
while IFS='|' read -r arguments words; do
    # shellcheck disable=SC2086
    status_of 64 "$train" $arguments
    says "$words"
done <<'CASES'
--preset 3L|unknown preset '3L': .*2L-varied-60k
--resume a --layers 3|--layers cannot go with --resume
--resume a --lr 0.1|--lr cannot go with --resume
--resume a --seed 3|--seed cannot go with --resume
--resume a --preset 2L-fixed|--preset cannot go with --resume
--resume a --period 6|--period cannot go with --resume
--resume a --ood 6|--ood cannot go with --resume
--resume a -o b|--output cannot go with --resume
--period 29:20|period
--period 20-29|--period takes 20 or 20:29, not '20-29'
--period 79|period
--positions sine|sinusoidal
--layers 0|layers
--layers two|layers
--batch 0|batch
--beta1 1|beta1
--lr nan|lr
--ood 200|ood
--epochs ten|epochs
run|run
CASES
[[ $(files runs/2L-varied-seed0 2>/dev/null) == "" ]] || problem "a refused command trained"

# One trainer a folder.
"$train" "${small[@]}" -q --epochs 100000000 --checkpoint-every 0 -o busy 2>/dev/null &
busy=$!
for _ in $(seq 100); do [[ -f busy/resume.safetensors ]] && break; sleep 0.05; done
status_of 1 "$train" --resume busy
says '^induct-train: another induct-train is writing to busy$'
[[ $(wc -l <err) -eq 1 ]] || problem "more than one line"

# ---- Stopping ----------------------------------------------------------------------------------
kill -TERM $busy
wait $busy
[[ $? -eq 143 ]] || problem "SIGTERM: exit status is not 143"

# A background job of a script ignores Ctrl-C, unless told otherwise.
for session in "${small[*]} -o stopped" "--resume stopped"; do
    # shellcheck disable=SC2086
    env --default-signal=INT "$train" $session --epochs 100000000 --checkpoint-every 0 2>err &
    stopped=$!
    for _ in $(seq 100); do [[ -f stopped/resume.safetensors ]] && break; sleep 0.05; done
    sleep 0.3
    kill -INT $stopped
    wait $stopped
    status=$?
    [[ $status -eq 130 ]] || problem "SIGINT: exit status $status, not 130"
    says '^go on with: induct-train --resume stopped$'
done
says 'epochs [1-9][0-9]* to 100000000, into stopped$'

# ---- Divergence --------------------------------------------------------------------------------
status_of 1 "$train" "${small[@]}" --lr 1e6 --epochs 500 --checkpoint-every 1 -o nan
says '^induct-train: nan: epoch [0-9]+: the (loss|gradient) is not finite .*; the checkpoints before it are kept$'
epoch=$(sed -n 's/.*nan: epoch \([0-9]*\):.*/\1/p' err)
[[ $(files nan) == "$(seq -s ' ' 0 $((epoch - 1))) " ]] || problem "kept: $(files nan) of $epoch"

# ---- --live away from a terminal ---------------------------------------------------------------
status_of 0 "$train" "${small[@]}" --epochs 3 --live -o live
says 'live needs a terminal'

[[ $failures -eq 0 ]]
