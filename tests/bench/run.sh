#!/bin/bash
# make bench: how fast this build is on this machine, as one table from one run.
#
# What is compared takes turns (A B A B), so that a slow minute of the machine is slow for both, and
# a ratio is the median of each round's own. Nothing here is a stored figure: what cannot be measured
# is reported as not measured.
#
#   BENCH_QUICK=1   a short form of under a minute
#   BENCH_RUN=RUN   a run to analyse; default: 200 checkpoints trained for the purpose
#   PEERS="PYTHON PYTHON"  interpreters with PyTorch, JAX or TransformerLens to measure against
#                   (tests/peers/); default: python3, as far as it has them, in the long form
#   GROWTH=FOLDER   also how cost grows with sizes (tests/bench/growth.sh), table and figure there
#   TMPDIR          where runs are written
set -euo pipefail

# Without these OpenBLAS takes the kernels that suit the processor, as it does for most users.
if [[ -n ${OPENBLAS_CORETYPE+set}${OPENBLAS_L2_SIZE+set} ]]; then
    echo "OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE-} OPENBLAS_L2_SIZE=${OPENBLAS_L2_SIZE-} in the" \
        "environment: measured without them"
    exec env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE bash "$0" "$@"
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${INDUCT_BIN:?the folder of the built programs: make bench sets it}
bench=${INDUCT_BENCH:-$bin/../tests/induct-bench}
[[ -x $bench ]] || { echo "no induct-bench: build with -DINDUCT_TESTS=ON" >&2; exit 1; }
quick=${BENCH_QUICK:+yes}
work=$(mktemp -d "${TMPDIR:-/tmp}/induct-bench.XXXXXX")
# What was interrupted may still be writing its last file.
remove() {
    rm -rf "$work" "/dev/shm/induct-dense.$$" 2>/dev/null || { sleep 1 && rm -rf "$work"; }
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export LC_ALL=C

choose() { [[ -n $quick ]] && echo "$1" || echo "$2"; }     # the short form's, the long form's

# The one-minute load, and a warning: what runs beside a measurement is measured with it.
load() {
    "$bench" load "$1"
    awk -v when="$1" '$1 > 0.5 { print "           noisy: other work was running " when }' /proc/loadavg
}

# name<tab>command lines on stdin, results on stdout
commands() { "$bench" commands "$@"; }

# ---- A checkpoint at every epoch -------------------------------------------------------------------

checkpoints() {
    local folder
    printf '\nA checkpoint at every epoch (2L, %s threads, no fsync)\n\n' "$(nproc)"
    for folder in "$work" /dev/shm; do
        [[ -w $folder && ! -e $folder/induct-dense.$$ ]] || continue
        printf '  %-10s ' "$(stat -f -c %T "$folder")"
        "$bench" checkpoint "$folder/induct-dense.$$" "$(choose 100 400)" || echo "not measured"
        rm -rf "$folder/induct-dense.$$"
    done
}

# ---- The whole study -------------------------------------------------------------------------------

# Its five models are 90,000 epochs, of which 25,000 in one layer: 2L-varied is the beginning of
# 2L-varied-60k. Logging, accuracy outside training and a checkpoint every 100 as the presets have them.
study() {
    local epochs rounds
    epochs=$(choose 300 1000) rounds=$(choose 1 3)
    printf '\nThe study as its presets are, %s epochs of each kind, %s threads\n\n' "$epochs" "$(nproc)"
    {
        printf '1L-varied\t%s -q --preset 1L-varied --epochs %s -o %s/1L-$ROUND\n' "$bin/induct-train" "$epochs" "$work"
        printf '2L-varied\t%s -q --preset 2L-varied --epochs %s -o %s/2L-$ROUND\n' "$bin/induct-train" "$epochs" "$work"
    } | commands "$rounds" 120 | awk -F '\t' -v epochs="$epochs" '
        $2 == "failed" { printf "  %-12s not measured (%s)\n", $1, $3; failed = 1; next }
        { printf "  %-12s %6.2f ms an epoch (quartiles %.2f - %.2f)\n", $1, 1e3 * $2 / epochs, 1e3 * $3 / epochs, 1e3 * $4 / epochs }
        { total += ($1 == "1L-varied" ? 25000 : 65000) * $2 / epochs }
        END { if (!failed) printf "  all five models, 90,000 epochs at these rates: %.1f min\n", total / 60 }'
    rm -rf "$work"/1L-* "$work"/2L-*
}

# ---- Programs over a series ------------------------------------------------------------------------

# 200 checkpoints of 2L-varied. Weights hardly matter to what an analysis costs.
make_series() {
    series=$work/series
    "$bin/induct-train" -q --preset 2L-varied --ood none --epochs 199 --checkpoint-every 1 -o "$series"
}

# Every program that walks over a run, with what it does when asked for nothing in particular.
# (induct-pattern draws one checkpoint unless asked for a film.) Those that evaluate by the thousand
# sequences get a few checkpoints only; their number stands behind the name. FEW and COUNT: numbers.
analyses() {
    local path name options out few=$1 all=$2 count epochs
    epochs=$(find "$series/" -maxdepth 1 -name 'epoch-*.safetensors' | sed 's/.*epoch-0*\([0-9]\)/\1/; s/\..*//' |
        sort -n | awk -v few="$few" -v all="$all" 'NR % int(all / few) == 1 || all <= few' | head -n "$few" | paste -sd,)
    for path in "$bin"/induct-*; do
        name=${path##*/} count=$all
        case $name in
        induct-train | induct-import | induct-export | induct-demo) continue ;;
        induct-onset | induct-seeds | induct-sweep | induct-watch) continue ;; # of tables, of other runs
        induct-pattern) options='--film --heads L0H0' out=png ;;
        induct-ablate | induct-paths | induct-position) options="--epochs $epochs" out=tsv count=$few ;;
        induct-eval) options="--epochs $epochs -n 256" out=tsv count=$few ;;
        induct-compose) options='-n 8' out=tsv ;;
        induct-graft) options="--head L0H0 --from ${epochs%%,*} --into $epochs" out=tsv count=$few ;;
        *) options='' out=tsv ;;
        esac
        printf '%s/%s\t%s -q %s -o %s/%s.%s %s 2>%s/%s.err\n' "$name" "$count" "$path" "$options" "$work" \
            "$name" "$out" "$series" "$work" "$name"
    done
}

programs() {
    local count rounds limit
    count=$(find "$series/" -maxdepth 1 -name 'epoch-*.safetensors' | wc -l)
    rounds=$(choose 1 3) limit=$(choose 6 20)
    printf '\nPrograms over a series of %s checkpoints, default options, %s threads\n\n' "$count" "$(nproc)"
    printf '  %-20s %8s %13s %17s %17s %10s\n' '' seconds checkpoints/s 'ms a checkpoint' \
        'of processor time' 'peak MiB'
    analyses "$(choose 4 10)" "$count" | commands "$rounds" "$limit" | awk -F '\t' -v all="$count" '
        { split($1, parts, "/"); $1 = parts[1]; count = parts[2] }
        count != all { $1 = $1 " (" count ")" }
        $2 == "failed" { printf "  %-20s not measured (%s)\n", $1, $3; next }
        { printf "  %-20s %8.2f %13.1f %17.3f %17.3f %10.1f\n", $1, $2, count / $2, 1e3 * $2 / count, 1e3 * $5 / count, $6 }'
    printf '\n'
    "$bench" read "$series" "$(choose 3 20)"
}

# ---- Peers -----------------------------------------------------------------------------------------

has() { "$1" -c "import $2" >/dev/null 2>&1; }

# those IMPORT: of $PEERS, those that have it, a line
those() {
    local python
    for python in ${PEERS:-python3}; do
        if has "$python" "$1"; then
            echo "$python"
        else
            echo "  $python has no $1" >&2
        fi
    done
}

# peer IMPORT SCRIPT OPTION...: the script in each interpreter that has it
peer() {
    local python import=$1 script=$2
    shift 2
    while read -r python; do
        "$python" "$here/../peers/$script" --bench "$bench" "$@" </dev/null || echo "  not measured: $python failed"
    done < <(those "$import")
}

peers() {
    local torch jax compile=(--compile)
    [[ -z $quick ]] || compile=()
    [[ -z $quick || -n ${PEERS:-} ]] || { printf '\nPyTorch, JAX, TransformerLens: not measured (BENCH_QUICK without PEERS)\n'; return; }
    printf '\nPyTorch and JAX at their best: the same model, data and optimizer, in turn with induct\n\n'
    mapfile -t torch < <(those torch)
    mapfile -t jax < <(those jax)
    if ((${#torch[@]} + ${#jax[@]})); then
        python3 "$here/../peers/bench_train.py" --bench "$bench" --bin "$bin" --torch "${torch[@]}" --jax "${jax[@]}" \
            --rounds "$(choose 1 5)" --seconds "$(choose 0.5 2)" || echo "  not measured: it failed"
    fi
    printf '\nPyTorch at larger sizes, one process at a time\n\n'
    peer torch bench_scale.py --rounds "$(choose 1 3)" --seconds "$(choose 0.5 2)" "${compile[@]}"
    printf '\nTransformerLens: the same analyses of the same checkpoints, in turn with induct\n\n'
    peer transformer_lens bench_tl.py --bin "$bin" --run "$series" --rounds "$(choose 2 5)"
    printf '\nTransformerLens: two layers of width 512, vocabulary 50,000\n\n'
    [[ -n $quick ]] || peer transformer_lens bench_tl_scale.py --bin "$bin" --rounds 3
}

"$bench" machine
load 'at the start'
printf '\n'
"$bench" train "$(choose 8 40)" 0.15
printf '\n'
"$bench" kernels "$(choose 3 9)" 0.01
checkpoints
study
series=${BENCH_RUN:-}
[[ -n $series ]] || make_series
programs
peers
if [[ -n ${GROWTH:-} ]]; then
    INDUCT_BENCH=$bench bash "$here/growth.sh" "$GROWTH"
fi
printf '\n'
load 'at the end'
