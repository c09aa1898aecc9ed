#!/bin/bash
# kill -9 at random moments, over and over: the run that comes out is, byte for byte, the one that
# was never interrupted.                                                          ctest: timeout 300
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

# Dense checkpoints: most of the time is spent writing, so most kills fall into a write.
options=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6
         --ood 3,8 --ood-sequences 8 --batch 8 --epochs "${INDUCT_KILL_EPOCHS:-2500}"
         --checkpoint-every 3 --log-checkpoints 20 --log-every 7 --quiet --seed 3)
often=(--save-every 0.02 --quiet)
started=$(date +%s%N)
induct-train "${options[@]}" --threads 1 -o whole
span=$((($(date +%s%N) - started) / 1000000)) # milliseconds of the uninterrupted run

RANDOM=${INDUCT_KILL_SEED:-$$}
echo "seed $RANDOM, uninterrupted $span ms"
kills=0 status=1
command=(induct-train "${options[@]}" "${often[@]}" --threads 2 -o killed)
for attempt in $(seq 400); do
    start "${command[@]}"
    wait_ms=$((RANDOM % (100 + 10 * attempt))) # longer and longer: a slow build gets there as well
    sleep "$((wait_ms / 1000)).$(printf '%03d' $((wait_ms % 1000)))"
    if kill -9 "$cli_pid" 2>/dev/null; then kills=$((kills + 1)); fi
    status=0
    wait "$cli_pid" 2>/dev/null || status=$?
    if [[ $status -eq 0 ]]; then break; fi
    if [[ $status -ne 137 ]]; then
        cli_fail "ended with $status, not by the signal"
        break
    fi
    if [[ -f killed/config.json ]]; then
        command=(induct-train --resume killed "${often[@]}" --threads 1)
    fi
done
cli_pid=

echo "killed $kills times"
expect_true "the killed run never came to its end" test "$status" -eq 0
expect_true "too few kills to mean anything" test "$kills" -ge 5
expect_true "the runs hold different files" cmp <(ls whole) <(ls killed)
for file in whole/epoch-*.safetensors; do
    expect_same "$file" "killed/${file#whole/}"
done
expect_true "metrics differ" cmp <(cut -f1-6 whole/metrics.tsv) <(cut -f1-6 killed/metrics.tsv)
