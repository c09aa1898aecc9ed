#!/bin/bash
# induct-sweep killed at random, over and over: the bytes of plain trainings.         ctest: slow
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs parallel

small='--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --ood 3,8
 --ood-sequences 8 --batch 8 --log-every 50'
small=${small//$'\n'/}
same_run() { # same_run RUN FOLDER: checkpoints and metrics, but for the seconds
    local file
    for file in "$1"/epoch-*; do expect_same "$file" "$2/${file##*/}"; done
    expect_true "metrics of $2" cmp <(cut -f1-6 "$1/metrics.tsv") <(cut -f1-6 "$2/metrics.tsv")
}

lines="seeds 0:3; epochs 4000; options $small --checkpoint-every 10; arm hard"
kills=0 status=1
RANDOM=${INDUCT_KILL_SEED:-$$}
echo "seed $RANDOM"
while [[ $status -ne 0 && $kills -lt 60 ]]; do
    start induct-sweep --lines "$lines" --folder killed -j 2
    sleep "0.$((RANDOM % 3 + 1))"
    if [[ $kills -lt 6 ]] && kill -KILL "$cli_pid" 2>/dev/null; then kills=$((kills + 1)); fi
    status=0
    wait "$cli_pid" 2>/dev/null || status=$?
done
cli_pid=
echo "killed $kills times"
expect_true "too few kills to mean anything" test "$kills" -ge 5
# shellcheck disable=SC2086
for seed in 0 1 2 3; do
    induct-train $small --checkpoint-every 10 --quiet --epochs 4000 --seed $seed -o hard-$seed
    same_run hard-$seed killed/hard-seed$seed-*
done
