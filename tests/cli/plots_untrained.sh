#!/bin/bash
# ctest: slow
# ctest: timeout 600
# Figures of models that know nothing claim nothing: of eight models that learned at a rate of 0 no headline has a head
# that is missed, gives, carries, rescues, copies or composes, and none speaks of shares of nothing.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs gnuplot

figures=ablate,shapley,edges,paths,periods,circuit,compose,bump,graft,study,lens,strategy
for ((seed = 1; seed <= 8; seed++)); do
    vocab=$((seed % 2 ? 16 : 7)) context=$((seed % 2 ? 24 : 9)) period=$((seed % 2 ? 5 : 3))
    expect_exit 0 induct-train -q --epochs 1 --lr 0 --seed "$seed" --layers $((2 + seed % 3 / 2)) --heads 2 --d-model 16 \
        --d-head 8 --vocab "$vocab" --context "$context" --period "$period:$period" --ood $((period + 1)) -o "u$seed"
    expect_exit 0 induct-plots "u$seed" --figures "$figures" --format svg
    cut -f1,2 "u$seed/figures/headlines.tsv" | sort -u >"said$seed"
    says() { # FIGURE REGULAR-EXPRESSION
        expect_true "u$seed: $1: $(grep "^$1" "said$seed" | cut -f2)" grep -qE "^$1	$2" "said$seed"
    }
    guess='No better than guessing at period [0-9]+: accuracy 0\.[0-9]+ \(chance 0\.[0-9]+\)$'
    for figure in ablate shapley edges paths study; do
        says "$figure" "$guess"
    done
    says periods 'Epoch 1: no better than guessing at any period: accuracy at most 0\.[0-9]+$'
    says compose 'K-composition: none beyond chance; '
    says bump 'Without the position term no period changes$'
    says graft '.* of no epoch rescues another$'
    says lens 'No layer lifts accuracy '
    says strategy "($guess|Period [0-9]+: content never wins)"
    expect_true "u$seed: circuit: $(grep ^circuit "said$seed")" grep -qE '^circuit	.*; no head copies$' "said$seed"
done
