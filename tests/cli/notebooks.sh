#!/bin/bash
# The blocks of lib/NOTEBOOKS.md run as they stand, on a tiny run, with the tools that are here: each python of
# $INDUCT_PYTHONS, then python3, is tried for what a block imports; Rscript with jsonlite. What they print of
# a tensor is what induct-svd has, and TransformerLens's logits are induct's.
# ctest: timeout 900
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
page=$INDUCT_SOURCE/lib/NOTEBOOKS.md
run=runs/2L-varied-seed67

block() { # block HEADING: the code of its first block
    awk -v heading="## $1" '/^## / { on = $0 == heading } on && /^```/ { if (inside) exit; inside = 1; next } on && inside' "$page"
}

sed -n '/^```sh/,/^```/{/^```/d;s/ *#.*//;p}' "$page" >make.sh
expect_exit 0 induct-train -q --layers 2 --heads 4 --d-model 16 --d-head 4 --vocab 32 --context 24 --period 4:6 --ood 8 \
    --ood-sequences 2 --batch 4 --epochs 40 --log-every 10 --checkpoint-every 10 -o "$run"
expect_exit 0 bash -e make.sh
expect_file scores.tsv final.safetensors final.json final-cache.safetensors

left_out=()
# python_for MODULE[=VERSION]...: prints the first python that imports them all
python_for() {
    local python
    for python in ${INDUCT_PYTHONS:-} python3 /usr/bin/python3; do
        "$python" -c 'import importlib.metadata as m, importlib.util as u, sys
for need in sys.argv[1:]:
    name, _, versions = need.partition("=")
    assert u.find_spec(name) and (not versions or m.version(name)[0] in versions)' "$@" 2>/dev/null &&
            echo "$python" && return
    done
    return 1
}
run_block() { # run_block HEADING COMMAND...: the block's code on its stdin
    block "$1" >code
    [[ $(wc -l <code) -ge 7 ]] || cli_fail "$1: no block on the page"
    "${@:2}" <code >printed 2>errors || cli_fail "$1: $(tail -n 3 errors)"
}
near_zero() { # every number of at least one printed is below 1e-5
    grep -oE '[0-9]+(\.[0-9]+)?(e-?[0-9]+)?' <(sed 's/tensor//g; s/grad_fn=<[^>]*>//g' printed) |
        awk '{ n++; if ($1 > 1e-5) bad = 1 } END { exit !(n && !bad) }'
}

induct-svd -q "$run" --heads L1H1 --matrix qk --epochs last >svd.tsv
expect_svd() { # the three numbers printed are induct-svd's
    local ours theirs
    ours=$(rows svd.tsv '{ print $c["s_1"], $c["s_2"], $c["s_3"] }')
    theirs=$(grep -oE '[0-9]+\.[0-9]+(e-?[0-9]+)?' printed | head -n 3 | xargs)
    awk -v ours="$ours" -v theirs="$theirs" 'BEGIN { split(ours, a); if (split(theirs, b, " ") != 3) exit 1
        for (i = 1; i <= 3; i++) if (a[i] <= 0 || (a[i] - b[i]) ^ 2 > (1e-4 * a[i]) ^ 2) exit 1 }' ||
        cli_fail "$1 prints $theirs, induct-svd has $ours"
}

if python=$(python_for numpy); then
    run_block numpy "$python" -
    expect_svd numpy
else
    left_out+=(numpy)
fi
if python=$(python_for pandas matplotlib); then
    run_block pandas env MPLBACKEND=Agg "$python" -
    expect_true 'three heads are printed' test "$(grep -c '^L[01]H[0-3]' printed)" -eq 3
    expect_file formation.png
else
    left_out+=(pandas)
fi
for version in '2 and 3' 4; do
    if python=$(python_for "transformer_lens=$version" torch safetensors); then
        run_block "TransformerLens $version" "$python" -
        near_zero || cli_fail "TransformerLens $version: $(<printed)"
    else
        left_out+=("TransformerLens $version")
    fi
done
if command -v Rscript >/dev/null && Rscript -e 'library(jsonlite)' >/dev/null 2>&1; then
    block R >code.R
    run_block R Rscript code.R
    expect_svd R
    expect_file induction.pdf
else
    left_out+=(R)
fi
[[ ${#left_out[@]} -lt 5 ]] || skip "none of numpy, pandas, TransformerLens, R"
[[ ${#left_out[@]} -eq 0 ]] || echo "left out, not installed: $(printf '%s; ' "${left_out[@]}")"
