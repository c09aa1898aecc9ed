#!/bin/bash
# Signals: within a second whatever a program does, nothing left behind, and "save, to be queued again".
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 5 --ood none
       --batch 8)
train() {
    induct-train "${small[@]}" -o "$@"
}
# How many times as long as its processor time work takes just now: 1 on an idle machine.
slowness() {
    local TIMEFORMAT='%R %U %S'
    { time for ((turn = 0; turn < 100000; turn++)); do :; done; } 2>&1 |
        awk '{ times = $1 / ($2 + $3 + 1e-3); print times < 1 ? 1 : times }'
}
ended_within() { # ended_within SECONDS STATUS: what `start` began; on a loaded machine, in its time
    local begin=$EPOCHREALTIME took slow=1
    expect_ended "$2"
    [[ -z ${TSAN_OPTIONS:-} ]] || return 0 # ThreadSanitizer runs a handler when the next call is made
    took=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
    awk -v t="$took" -v most="$1" 'BEGIN { exit t > most }' && return
    slow=$(slowness)
    awk -v t="$took" -v most="$1" -v slow="$slow" 'BEGIN { exit t > most * slow }' ||
        cli_fail "ended after $took s, where work takes $slow times its processor time"
}
no_leftovers() {
    [[ -z $(find . -name '*.tmp') ]] || cli_fail "left: $(find . -name '*.tmp')"
}

expect_exit 0 train run --epochs 2 --quiet

# ---- A visit of minutes ------------------------------------------------------------------------
start induct-ablate run --shapley --epochs last --sequences 100000 --threads 1 -o out.tsv
wait_for 30 compgen -G 'out.tsv.*.tmp'
sleep 0.3
kill -TERM $cli_pid
ended_within 1.5 143
no_leftovers
expect_no_file out.tsv

# A second signal ends it at once.
start induct-ablate run --shapley --epochs last --sequences 100000 --threads 1 -o out.tsv
wait_for 30 compgen -G 'out.tsv.*.tmp'
sleep 0.3
kill -INT $cli_pid
sleep 0.1
kill -INT $cli_pid 2>/dev/null || true # it may have ended by itself
ended_within 0.7 130
no_leftovers
expect_no_file out.tsv

# A terminal that goes away: as if asked to stop; Ctrl-\ ends at once. Neither leaves anything half written.
for signal in HUP:129 QUIT:131; do
    start bash -c 'ulimit -c 0; exec "$@"' - \
        induct-ablate run --shapley --epochs last --sequences 100000 --threads 1 -o out.tsv
    wait_for 30 compgen -G 'out.tsv.*.tmp'
    kill -${signal%:*} $cli_pid
    ended_within 1.5 ${signal#*:}
    no_leftovers
    expect_no_file out.tsv
done
start bash -c 'trap "" HUP; exec "$@"' - induct-train "${small[@]}" -o nohup --epochs 6000 --quiet
wait_for 30 test -e nohup/metrics.tsv # the shell is no more
kill -HUP $cli_pid
expect_ended 0 # nohup's wish is heeded
start induct-train "${small[@]}" -o hung --epochs 100000000 --checkpoint-every 1000
wait_for 30 test -e hung/resume.safetensors
kill -HUP $cli_pid
ended_within 1.5 129
expect_stderr_has 'go on with: induct-train --resume hung'

# An alarm that was set before the program began: no success.
start perl -e 'alarm 1; exec @ARGV' induct-ablate run --shapley --epochs last --sequences 100000 --threads 1 -o out.tsv
ended_within 3 142
no_leftovers
expect_no_file out.tsv

# ---- A FIFO that nobody reads ------------------------------------------------------------------
mkfifo fifo
start induct-eval run -o fifo
sleep 0.3
kill -TERM $cli_pid
ended_within 1.5 143
start induct-eval run --epochs last -o fifo
sleep 0.2
cat fifo >read.tsv
expect_ended 0
expect_true "the FIFO gave no table" grep -q '^epoch' read.tsv

# ---- To be queued again ------------------------------------------------------------------------
expect_exit 0 train whole --epochs 3000 --checkpoint-every 1000 --quiet
for signal in USR1 USR2; do
    start induct-train "${small[@]}" -o "by$signal" --epochs 100000000 --checkpoint-every 1000
    wait_for 30 test -e "by$signal/resume.safetensors"
    kill -$signal $cli_pid
    kill -$signal $cli_pid 2>/dev/null || true # launchers say it twice
    expect_ended 75
    expect_stderr_has "go on with: induct-train --resume by$signal"
    no_leftovers
done
expect_exit 75 train limited --epochs 100000000 --checkpoint-every 1000 --time-limit 0.5
epoch=$(sed -n 's/^epoch \([0-9]*\) of .*/\1/p' "$cli_err")
expect_true "no training before the limit" test "$epoch" -gt 0
SLURM_JOB_END_TIME=$(($(date +%s) + 12)) expect_exit 75 train slurm --epochs 100000000 \
    --checkpoint-every 1000 --quiet
expect_exit 0 train done --epochs 3000 --checkpoint-every 1000 --quiet --time-limit 1000
expect_same whole/epoch-00003000.safetensors done/epoch-00003000.safetensors
# Less than the margin of ten seconds is left: saved at once, not trained on into the allocation's end.
SLURM_JOB_END_TIME=$(($(date +%s) + 9)) expect_exit 75 train nearly --epochs 100000000 --checkpoint-every 1000
expect_file nearly/resume.safetensors
expect_true "at its first epoch" grep -q '^epoch 0 of 100000000' "$cli_err"
SLURM_JOB_END_TIME=$(($(date +%s) - 60)) expect_exit 0 train past --epochs 1
expect_stderr_has 'no time to come: not heeded'
SLURM_JOB_END_TIME=yesterday expect_exit 0 train odd --epochs 1
expect_stderr_has "\$SLURM_JOB_END_TIME is 'yesterday', no time to come: not heeded"
expect_exit 64 train none --time-limit 0

# ---- What -o does not replace ------------------------------------------------------------------
echo "an earlier line" >log.tsv
induct-eval run --epochs last -q -o /dev/stdout >>log.tsv
expect_true "the earlier line is gone" grep -q '^an earlier line$' log.tsv
expect_true "the table is not there" grep -q '^epoch' log.tsv
expect_exit 64 induct-eval run -o ''
expect_stderr_has 'the empty name is no file'
for file in config.json metrics.tsv epoch-00000002.safetensors epoch-00000001.safetensors; do
    expect_exit 1 induct-eval run -o run/$file
    expect_stderr_has "run/$file: cannot write: it is a run's own file"
done
for words in 'induct-eval run -o run/state-00000000.safetensors' 'induct-lab run -o run/metrics.tsv'; do
    cksum run/* >before.txt
    expect_exit 1 $words
    expect_stderr_has "it is a run's own file"
    cksum run/* >after.txt
    expect_same before.txt after.txt
done
ln -s run/config.json link
expect_exit 1 induct-eval run -o link
ln -s nowhere dangling
expect_exit 1 induct-eval run -o dangling
expect_stderr 'induct-eval: dangling: cannot write: it is a link to nothing'
expect_exit 1 induct-export run -o run/epoch-00000002
expect_stderr_has "it is a run's own file"
expect_exit 0 induct-eval run -q
