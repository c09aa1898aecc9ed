# The programs that the campaigns run, each in a folder of its own beside the fixtures, as `try CMD...`:
# every analysis and every way out of it, small enough to be run thousands of times.
#
#   make_fixtures        in the present folder: runs `run` (LayerNorm, rotary), `plain` and two seeds
#                        of an arm, models `exported.safetensors`, `other.pt` and `arrays_10.npz`, tables, and `start`, which every try begins from
#   every_command        calls `try` with each; with $TORTURE_ONLY, those that hold this text; with
#                        $TORTURE_PART=K/N, every N-th from the K-th on, so that parts run side by side
#   starts_others CMD... does this program start others? They have their own turn: what is made to
#                        fail is the program itself

small=(--layers 2 --heads 2 --d-model 8 --d-head 4 --vocab 12 --context 16 --period 4 --ood 3,8
       --ood-sequences 2 --batch 2 --checkpoint-every 2 --layer-norm --positions rotary)

tiny_sweep="seeds 0; epochs 2; folder all; options ${small[*]:0:16}; arm a"

make_fixtures() {
    induct-train -q "${small[@]}" --epochs 4 -o run
    induct-train -q "${small[@]:0:16}" --epochs 4 --checkpoint-every 2 -o plain
    induct-export run --epoch 4 -o exported >/dev/null
    induct-score -q run --sequences 4 -o scores.tsv
    induct-onset -q run/metrics.tsv -o events.tsv
    for seed in 0 1; do
        induct-train -q "${small[@]:0:16}" --epochs 4 --seed $seed -o arm-seed$seed
        induct-score -q arm-seed$seed --sequences 4 --epochs last -o arm-seed$seed/scores.tsv
        cp -r arm-seed$seed other-seed$seed
    done
    printf '%s\n' 'high: loss above 0' 'low: loss drop .1 once above 1' >criteria
    cp "$INDUCT_SOURCE/tests/golden/corpus/keyed.pt" other.pt
    cp "$INDUCT_SOURCE/tests/golden/corpus/arrays_10.npz" .
    mkdir start && cp -r run start/resumed
    induct-train -q "${small[@]}" --epochs 4 --states 2 --checkpoint-every 2 -o start/states
}

starts_others() {
    case "$*" in
        *--dry-run*) return 1 ;;
        induct-sweep* | induct-plots* | 'induct-roles -q ../run '*) return 0 ;;
    esac
    return 1
}

command_number=0
try_if_wanted() {
    local part=${TORTURE_PART:-1/1}
    command_number=$((command_number + 1))
    [[ $((command_number % ${part#*/})) -eq $((${part%/*} % ${part#*/})) ]] || return 0
    [[ $* != *${TORTURE_ONLY:-}* ]] || try "$@"
}

every_command() {
    try_if_wanted induct-train -q "${small[@]}" --epochs 4 --threads 1 -o new
    try_if_wanted induct-train -q --resume resumed --epochs 6 --threads 1
    try_if_wanted induct-train -q --from states@2 --epochs 6 --threads 1 --clamp L0H1=prev --average ema:0.9 -o new
    try_if_wanted induct-train -q --again states --window 2:4:1 --threads 1
    try_if_wanted induct-ablate -q ../run --threads 1 --each --mode zero,mean --ood --sequences 4 -o out
    try_if_wanted induct-ablate -q ../run --threads 1 --shapley --epochs last --sequences 4 -o out
    try_if_wanted induct-circuit -q ../run --threads 1 -o out
    try_if_wanted induct-circuit -q ../run --threads 1 --head L1H0 --matrix qk --npy qk.npy --epochs last
    try_if_wanted induct-circuit -q ../run --threads 1 --head L1H0 --matrix ov --picture ov.png --epochs last
    try_if_wanted induct-circuit -q ../run --threads 1 --norms -o out
    try_if_wanted induct-compose -q ../run --threads 1 --format csv -o out
    try_if_wanted induct-edges -q ../run --threads 1 --sequences 4 --epochs last -o out
    try_if_wanted induct-edges -q ../run --threads 1 --sequences 4 --epochs last --mode mean -o out
    try_if_wanted induct-eval -q ../run --threads 1 --periods 3,5 --sequences 4 -o out
    try_if_wanted induct-export -q ../run -o weights
    try_if_wanted induct-export -q ../run --npz --cache --period 4 -o weights
    try_if_wanted induct-graft -q ../run --threads 1 --head L0H1 --from 2 --into 4 --sequences 4 -o out
    try_if_wanted induct-graft -q ../run --threads 1 --head L0H1 --from ::2 --into ::2 --map map.png -o out
    try_if_wanted induct-import -q ../exported.safetensors -o mine
    try_if_wanted induct-import -q ../other.pt ../arrays_10.npz -o mine
    try_if_wanted induct-lab -q ../run --threads 1 --sequences 4 --resamples 20 -o lab.html
    try_if_wanted induct-lens -q ../run --threads 1 --periods 3 --sequences 4 -o out
    try_if_wanted induct-lens -q ../run --threads 1 --attribution --epochs last --sequences 4 -o out
    try_if_wanted induct-onset -q ../run/metrics.tsv --order -o out
    try_if_wanted induct-llc -q ../run --threads 1 --heads L1H0 -n 4 --batch 2 --chains 2 --burn-in 1 --steps 2 -o out
    try_if_wanted induct-paths -q ../plain --threads 1 --loss --sequences 4 -o out
    try_if_wanted induct-pattern -q ../run --threads 1 -o out.png
    try_if_wanted induct-pattern -q ../run --threads 1 --values
    try_if_wanted induct-plots -q resumed --threads 1 --figures training --format svg
    try_if_wanted induct-position -q ../run --threads 1 --periods 3 --sequences 4 -o out
    try_if_wanted induct-roles -q ../run --threads 1
    try_if_wanted induct-roles -q ../scores.tsv ../run/metrics.tsv
    try_if_wanted induct-score -q ../run --threads 1 --sequences 4 --baseline -o out
    try_if_wanted induct-seeds -q ../arm-seed0 ../arm-seed1 --resamples 100 -o out
    try_if_wanted induct-seeds -q ../arm-seed0 ../arm-seed1 --at 0,4 --each -o out
    try_if_wanted induct-seeds -q ../arm-seed0 ../arm-seed1 ../other-seed0 ../other-seed1 --resamples 100 --at 4 --against other --keeps 0 -o out
    try_if_wanted induct-seeds -q ../arm-seed0 ../arm-seed1 --resamples 100 --criteria ../criteria --order -o out
    try_if_wanted induct-seeds -q ../arm-seed0 ../arm-seed1 --table scores.tsv --match arm-seed0 -o out
    try_if_wanted induct-split -q ../plain --threads 1 --sequences 4 -o out
    try_if_wanted induct-strategy -q ../plain --threads 1 --sequences 4 -o out
    try_if_wanted induct-strategy -q ../plain --threads 1 --conflict --periods 3,5 --sequences 4 -o out
    try_if_wanted induct-watch -q ../run
    try_if_wanted induct-svd -q ../run --threads 1 --rank 1 -o out
    try_if_wanted induct-sweep -q --lines "$tiny_sweep" --dry-run -o out
    try_if_wanted induct-sweep -q --lines "$tiny_sweep" --jobs 1
}
