#!/bin/bash
# kill -9 at random moments, over and over: the run that comes out is, byte for byte, the one that
# was never interrupted.                                                          ctest: timeout 300
set -uo pipefail
train=$INDUCT_BIN/induct-train
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# Dense checkpoints: most of the time is spent writing, so most kills fall into a write.
options=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6
         --ood 3,8 --ood-sequences 8 --batch 8 --epochs "${INDUCT_KILL_EPOCHS:-6000}"
         --checkpoint-every 3 --log-checkpoints 20 --log-every 7 --quiet --seed 3)
often=(--save-every 0.02 --quiet)
started=$(date +%s%N)
"$train" "${options[@]}" --threads 1 -o whole || exit 1
span=$((($(date +%s%N) - started) / 1000000)) # milliseconds of the uninterrupted run
ends=$(ls whole | wc -l)

RANDOM=${INDUCT_KILL_SEED:-$$}
echo "seed $RANDOM, uninterrupted $span ms"
kills=0
command=("$train" "${options[@]}" "${often[@]}" --threads 2 -o killed)
for _ in $(seq 400); do
    "${command[@]}" 2>err &
    pid=$!
    sleep "$(printf '0.%03d' $((RANDOM % 250)))"
    if kill -9 $pid 2>/dev/null; then kills=$((kills + 1)); fi
    wait $pid 2>/dev/null
    status=$?
    if [[ $status -eq 0 ]]; then break; fi
    if [[ $status -ne 137 ]]; then
        echo "attempt $attempt ended with $status:"
        cat err
        exit 1
    fi
    [[ -f killed/config.json ]] && command=("$train" --resume killed "${often[@]}" --threads 1)
done

echo "killed $kills times"
[[ $kills -ge 5 ]] || { echo "too few kills to mean anything"; exit 1; }
[[ $(ls killed | wc -l) -eq $ends ]] || { diff <(ls whole) <(ls killed); exit 1; }
for file in whole/epoch-*.safetensors; do
    cmp "$file" "killed/${file#whole/}" || exit 1
done
diff <(cut -f1-6 whole/metrics.tsv) <(cut -f1-6 killed/metrics.tsv) || exit 1
