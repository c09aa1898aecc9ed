#!/bin/bash
# kill -9 at random moments. A training is killed over and over and resumed each time, a file of -o, an
# export and an import are there whole or not at all: in the end every byte is that of a run that was
# never killed. TORTURE=long: a thousand kills; TORTURE_ONLY=training is the training alone.
# ctest: slow
# ctest: timeout 900
source "$INDUCT_SOURCE/tests/torture/lib/torture.bash"
source "$INDUCT_SOURCE/tests/torture/lib/commands.bash"
make_fixtures
RANDOM=1

kill_after() { # kill_after MILLISECONDS CMD...: status 137 if it was killed
    local ms=$1 status=0
    shift
    "$@" >killed.out 2>killed.err </dev/null &
    sleep "$(printf '0.%03d' "$ms")"
    kill -KILL $! 2>/dev/null
    wait $! 2>/dev/null || status=$?
    return $status
}

# ---- Training ----------------------------------------------------------------------------------
length=(--epochs 3000 --checkpoint-every 100 --log-every 50)
induct-train -q "${small[@]}" "${length[@]}" -o whole
train_under_fire() { # KILLS: of one run, until it is through
    local left=$1 status=1
    rm -rf new
    while [[ $left -gt 0 && $status -ne 0 ]]; do
        status=0
        if [[ -e new/config.json ]]; then
            kill_after $((RANDOM % 120)) induct-train -q --resume new --save-every 0.01 || status=$?
        else
            kill_after $((RANDOM % 60)) induct-train -q "${small[@]}" "${length[@]}" -o new \
                --save-every 0.01 || status=$?
        fi
        [[ $status -eq 0 || $status -eq 137 ]] || failed "status $status: $(<killed.err)"
        tried=$((tried + (status == 137)))
        left=$((left - 1))
    done
    if [[ -e new/config.json ]]; then
        induct-train -q --resume new 2>killed.err || failed "not resumed: $(<killed.err)"
    else
        induct-train -q "${small[@]}" "${length[@]}" -o new 2>killed.err || failed "$(<killed.err)"
    fi
    same_run whole new || failed "other bytes after kills"
    [[ -z $(find new -name '*.tmp') ]] || failed "left $(find new -name '*.tmp')"
}
while [[ 'training' == *${TORTURE_ONLY:-}* && $tried -lt $(share 15 600) ]]; do
    train_under_fire 40
    report "training"
done

# ---- What is written once ----------------------------------------------------------------------
of_the_moment() { # files that are no two times the same, or are no result
    [[ $1 != *.tmp/* ]] || return 0 # a run that was not there yet
    case ${1##*/} in
        *.tmp* | killed.* | lock | metrics.tsv | resume.safetensors | sweep.log | joblog.tsv | queue) return 0 ;;
        .part-* | manifest.tsv | plan.* | status.*) return 0 ;;
    esac
    return 1
}
try() { # try CMD...: whatever it makes is whole or absent
    local turn status file begun took
    [[ $1 != induct-train ]] || return 0 # it has had its turn
    rm -rf good at && cp -r start good
    begun=${EPOCHREALTIME/./}
    (cd good && "$@") >good.out 2>/dev/null
    took=$(((${EPOCHREALTIME/./} - begun) / 1000 % 1000 + 1)) # milliseconds, of the last second
    for ((turn = 0; turn < $(share 2 25); turn++)); do
        rm -rf at && cp -r start at
        status=0
        (cd at && kill_after $((RANDOM % took)) "$@") || status=$?
        tried=$((tried + (status == 137)))
        while read -r file; do
            of_the_moment "$file" || cmp -s "good/$file" "at/$file" ||
                failed "$*: $file is another file"
        done < <(cd at && find . -type f -printf '%P\n')
    done
    report "$1"
}
every_command
