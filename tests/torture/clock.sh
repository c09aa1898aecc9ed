#!/bin/bash
# A clock that is set while a program runs, back by an hour or on by years: nothing waits for it, no
# limit is reached by it, and no time that is told comes from it.
source "$INDUCT_SOURCE/tests/torture/lib/torture.bash"

export CLOCK_FILE=$PWD/ahead
set_clock() {
    echo "$1" >ahead.new && mv ahead.new ahead
}
ticking() { # ticking CMD...: with that clock
    LD_PRELOAD=$torture_tools/torture-clock.so exec "$@"
}
set_back_and_on() { # while $cli_pid runs
    for seconds in 0 100000000 -3600 2000000000 -500000000; do
        kill -0 $cli_pid 2>/dev/null || return 0
        set_clock $seconds
        sleep 0.1
    done
}

small=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 5 --ood none --batch 8)
set_clock 3600
expect_exit 0 induct-train "${small[@]}" --epochs 1000 --checkpoint-every 500 --quiet -o whole
expect_true "the clock is not set" test "$(($(ticking date +%s) - $(date +%s)))" -gt 3500

# Training: its bytes, its limit, its seconds.
start ticking induct-train "${small[@]}" --epochs 1000 --checkpoint-every 500 --log-every 20 --time-limit 3000 -o set
set_back_and_on
expect_ended 0
expect_same whole/epoch-00001000.safetensors set/epoch-00001000.safetensors
expect_true "seconds of metrics.tsv" rows set/metrics.tsv '{ if ($c["seconds"] < last || $c["seconds"] > 600) bad = 1; last = $c["seconds"] } END { exit bad }'

# An analysis that is asked to stop, after its clock went back by an hour, says where it was: it looks
# for the request every twentieth of a second, not in an hour.
induct-train -q --preset 2L-varied --epochs 1 --checkpoint-every 1 -o large
has_workers() {
    [[ $(ls /proc/$cli_pid/task | wc -l) -ge 3 ]]
}
set_clock 3600
start ticking induct-ablate large --shapley --sequences 10000 --threads 2 -o out.tsv
wait_for 60 has_workers
sleep 0.2
set_clock 0
sleep 0.2
kill -TERM $cli_pid
expect_ended 143
expect_stderr_has 'interrupted before the first of 2 checkpoints'

# What follows a run follows it.
start ticking induct-watch -q set
set_back_and_on
expect_ended 0
expect_stdout_has 'epoch 1,000 '
