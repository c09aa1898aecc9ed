#!/bin/bash
# INDUCT_SIMD: every instruction set that this processor has can be asked for, gives the same bytes
# every time and the same numbers as the others; what is no set, or not here, is refused.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

train() { # train SET RUN [OPTION...]
    INDUCT_SIMD=$1 induct-train -q --preset 1L-varied --ood none --epochs 20 --seed 3 -o "${@:2}"
}
loss() { # loss RUN: the last one logged
    awk -F '\t' '$1 ~ /^#/ { next } !column { for (i = 1; i <= NF; i++) if ($i == "loss") column = i; next }
        { last = $column } END { print last }' "$1/metrics.tsv"
}
is_near() { # is_near A B
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > 0 && a - b < 1e-4 && b - a < 1e-4) }'
}

has=()
for set in baseline avx2 avx512; do
    if INDUCT_SIMD=$set induct-train --version >said 2>why; then
        expect_true "--version names $set" grep -q "; $set vectors\$" said
        has+=("$set")
    else
        echo "not tested, for this processor or program lacks it: $set"
        expect_exit 64 env INDUCT_SIMD=$set induct-train --version
        expect_stderr_lines 1
        expect_stderr_has "INDUCT_SIMD=$set: "
    fi
done
expect_true "the baseline is everywhere" test "${has[0]-}" = baseline

# Without it, and empty: the widest.
for value in unset ''; do
    if [[ $value == unset ]]; then unset INDUCT_SIMD; else export INDUCT_SIMD=; fi
    expect_exit 0 induct-train --version
    expect_stdout_has "; ${has[-1]} vectors"
done
unset INDUCT_SIMD

for set in "${has[@]}"; do
    train "$set" "$set"
    train "$set" "$set-again"
    for file in "$set"/epoch-*; do
        expect_same "$file" "$set-again/${file##*/}"
    done
    expect_true "config.json names $set" grep -q "\"vectors\": \"$set\"" "$set/config.json"
    expect_true "$set trains to the baseline's loss" is_near "$(loss "$set")" "$(loss baseline)"
done

# A run that goes on with other vectors says that its bytes are not those of one that never stopped.
if [[ ${#has[@]} -gt 1 ]]; then
    expect_exit 0 env INDUCT_SIMD="${has[1]}" induct-train --resume baseline --epochs 30
    expect_stderr_has "begun with baseline vectors, goes on with ${has[1]}"
    # Both are on record, though the log of a sweep has only what a quiet training says.
    recorded() { sed -n 's/^ *"vectors[a-z_]*": "\(.*\)",$/\1/p' baseline/config.json | paste -sd '|'; }
    expect_true "both sets are recorded: $(recorded)" test "$(recorded)" = "${has[1]}|baseline to 20"
    expect_exit 0 env INDUCT_SIMD="${has[1]}" induct-train --quiet --resume baseline --epochs 40
    expect_stderr ''
    expect_true "the record stays: $(recorded)" test "$(recorded)" = "${has[1]}|baseline to 20"
    expect_exit 0 env INDUCT_SIMD=baseline induct-train --quiet --resume baseline --epochs 50
    expect_stderr_has "begun with ${has[1]} vectors, goes on with baseline"
    expect_true "and grows: $(recorded)" test "$(recorded)" = "baseline|baseline to 20, ${has[1]} to 40"
    expect_exit 0 env INDUCT_SIMD="${has[1]}" induct-train --quiet --resume baseline --epochs 50
    expect_exit 0 env INDUCT_SIMD=baseline induct-train --quiet --resume baseline --epochs 60
    expect_true "not by a session that trained nothing: $(recorded)" \
        test "$(recorded)" = "baseline|baseline to 20, ${has[1]} to 40, baseline to 50"
    expect_exit 0 induct-eval baseline --epochs last -n 4
    truncate -s 100 baseline/epoch-00000000.safetensors
    expect_exit 1 env INDUCT_SIMD=baseline induct-train --resume baseline --epochs 70
    expect_stderr_has 'more than one set of vectors'
fi
expect_true "elsewhere nothing is recorded" test "$(grep -lc vectors_before ./*/config.json)" = ./baseline/config.json

# ---- Refused ---------------------------------------------------------------------------------------

for value in sse AVX2 ' avx2' avx512f; do
    expect_exit 64 env INDUCT_SIMD="$value" induct-score --version
    expect_stdout ''
    expect_stderr_lines 1
    expect_stderr_has "INDUCT_SIMD=$value: no instruction set of this program"
done
