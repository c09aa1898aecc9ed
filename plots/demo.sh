#!/bin/bash
# The whole of it once: trains the study's 2L-varied as a dense series, scores every checkpoint and
# draws. Interrupted, it goes on from where it was when called again.
#
# RUN        the run's folder, default runs/2L-varied-seed67
# INDUCT_BIN the folder of the programs, default build/bin
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bin=${INDUCT_BIN:-build/bin}
run=${RUN:-runs/2L-varied-seed67}

stopped() {
    echo "demo: stopped; make demo goes on from here" >&2
    exit "$1"
}
trap 'stopped 130' INT
trap 'stopped 143' TERM

step() { printf '\n== %s\n' "$*" >&2; }

step "train: 20,000 epochs of 2L-varied, a checkpoint every 100 and log-spaced ones before"
if [[ -f $run/epoch-00020000.safetensors ]]; then
    echo "done already: $run" >&2
elif [[ -f $run/config.json ]]; then
    "$bin/induct-train" --resume "$run"
else
    "$bin/induct-train" --preset 2L-varied --seed 67 --checkpoint-every 100 \
        --log-checkpoints 10 -o "$run"
fi

step "score every checkpoint, evaluate a few, draw"
# What needs no intervention; `make plots` draws the rest.
"$bin/induct-plots" "$run" --figures training,heads,formation,periods,pattern,compose,circuit,spectrum,norms >&2

step "the lab: all of it as one page"
"$bin/induct-lab" "$run" -o "$run/lab.html"

step "done in $((SECONDS / 60)) min $((SECONDS % 60)) s; the figures, as .png and .svg:"
cat <<END
  $run/figures/training        loss and accuracy, in and outside the trained periods
  $run/figures/heads           every head's prev-token and induction score
  $run/figures/formation       the previous-token heads against accuracy outside the trained periods
  $run/figures/periods         accuracy by period, at a few epochs
  $run/figures/pattern-before  attention patterns; -change, -last (.png)
  $run/figures/compose         K-, Q- and V-composition of every pair of heads
  $run/figures/circuit         copying, matching and looking back, by the weights alone
  $run/figures/spectrum        singular values of QK and OV, and effective ranks
  $run/figures/norms           norms of the matrices beside pure weight decay
induct-plots $run (make plots RUN=$run) draws ablations, splits and grafts as well.

The lab, a page to scrub through training and to operate on heads; open it in a browser:
  $run/lab.html
END
