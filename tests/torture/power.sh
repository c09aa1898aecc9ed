#!/bin/bash
# Power cuts: training with --durable is recorded, every point of the record at which the power may
# go is laid out as the disk would be then (power.c), and what is found there is trained to its end:
# it must hold the bytes of a run that was never stopped.
# ctest: slow
source "$INDUCT_SOURCE/tests/torture/lib/torture.bash"

model=(--layers 1 --heads 2 --d-model 8 --d-head 4 --vocab 8 --context 12 --period 3 --ood 2
       --ood-sequences 2 --batch 2 --log-every 1 --checkpoint-every 1 --threads 1 --quiet)
read -ra modes <<<"$(share "lost zeros 1" "lost names zeros $(seq -s ' ' 1 12)")"
every=$(share 7 1)

recorded() { # recorded LOG CMD...: in folder `disk`
    local log=$PWD/$1
    shift
    (cd disk && RECORD_LOG=$log RECORD_ROOT=$PWD LD_PRELOAD=$torture_tools/torture-record.so "$@")
}

# A run or the beginning of one: either way there is an end to come to.
go_on() {
    if [[ -e runs/new/config.json ]]; then
        induct-train --resume runs/new --epochs 6 --quiet
    else
        induct-train "${model[@]}" --epochs 6 -o runs/new
    fi
}

try() { # try LOG POINT MODE
    rm -rf cut && mkdir cut
    "$torture_tools/torture-power" "$1" "$2" "$3" cut
    tried=$((tried + 1))
    if ! (cd cut && go_on) >/dev/null 2>"$cli_err"; then
        failed "$1, point $2, $3: $(<"$cli_err")"
    elif ! same_run whole cut/runs/new; then
        failed "$1, point $2, $3: the bytes are others"
    fi
}

campaign() { # campaign LOG FIRST: its points from FIRST on
    local points point mode
    points=$("$torture_tools/torture-power" "$1")
    for ((point = $2; point <= points; point += every)); do
        for mode in "${modes[@]}"; do
            try "$1" "$point" "$mode"
        done
    done
    report "$1, $((points - $2)) operations"
}

expect_exit 0 induct-train "${model[@]}" --epochs 6 -o whole

mkdir disk
recorded new.log induct-train "${model[@]}" --epochs 3 -o runs/new --durable --save-every 0
first=$("$torture_tools/torture-power" new.log)
cp new.log resumed.log
recorded resumed.log induct-train --resume runs/new --epochs 6 -q --durable --save-every 0
campaign new.log 0
campaign resumed.log "$first"

# A stop and a start at once, states far apart: rows and checkpoints beyond the state are made again.
rm -r disk && mkdir disk
recorded rare.log induct-train "${model[@]}" --epochs 6 -o runs/new --durable --save-every 1000
campaign rare.log 0
