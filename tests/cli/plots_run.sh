#!/bin/bash
# `make plots` on a run trained here, by the programs themselves: a small model of three layers, its
# own periods, and once more after training went on.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs gnuplot make

plots() {
    env -u MAKEFLAGS -u MAKELEVEL make -f "$INDUCT_SOURCE/plots/plots.mk" BIN="$INDUCT_BIN" RUN=run "$@"
}
figures=()
for figure in training heads formation periods norms spectrum circuit compose ablate split bump graft study; do
    figures+=("run/figures/$figure.png" "run/figures/$figure.svg")
done
figures+=(run/figures/pattern-{first,middle,last}.png)

expect_exit 0 induct-train -q --layers 3 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 \
    --period 4:6 --ood 3,8 --batch 4 --epochs 40 --checkpoint-every 10 --log-every 5 --seed 1 -o run
expect_exit 0 plots
expect_true "no warning of gnuplot's" bash -c '! grep -q warning "$1"' - "$cli_err"
expect_file "${figures[@]}" run/tables/scores.tsv run/tables/periods.tsv
expect_true "the subtitle names the run" \
    grep -qF '>run · custom · seed 1 · trained on periods 4–6' run/figures/training.svg
expect_true "every measured period has its name" grep -q '>period 8  0' run/figures/training.svg
expect_true "every layer has its panels" grep -q '>layer 2: induction score<' run/figures/heads.svg

expect_exit 0 plots
expect_stdout ''

expect_exit 0 induct-train -q --resume run --epochs 60
expect_exit 0 plots
for figure in "${figures[@]}"; do
    [[ $figure == *first* ]] || expect_stdout_has "$figure"
done

# A single layer has nothing to compose; what is left is drawn without a warning.
expect_exit 0 induct-train -q --layers 1 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 \
    --period 4:6 --ood 3,8 --batch 4 --epochs 20 --checkpoint-every 10 --log-every 5 --seed 1 -o one
expect_exit 0 env MAKEFLAGS= make -f "$INDUCT_SOURCE/plots/plots.mk" BIN="$INDUCT_BIN" RUN=one
expect_true "no warning of gnuplot's" bash -c '! grep -q warning "$1"' - "$cli_err"
expect_true "what is left out is said" \
    grep -qx 'plots: one: one layer: no compose split bump graft study' "$cli_err"
expect_file one/figures/{circuit,norms,spectrum,ablate}.png

# A clone, and programs, below a folder whose name holds blanks.
mkdir 'two  blanks here'
cp -r "$INDUCT_SOURCE/plots" 'two  blanks here'
ln -s "$INDUCT_BIN" 'two  blanks here/bin'
MAKEFLAGS='' expect_exit 0 make -f 'two  blanks here/plots/plots.mk' BIN='two  blanks here/bin' \
    RUN=run FIGURES=training
expect_stdout_has run/figures/training.png # its scripts are new ones
