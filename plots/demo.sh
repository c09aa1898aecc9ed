#!/bin/bash
# induct-demo, the whole of it once (in the present folder; `make demo` in the repository's).
set -euo pipefail

help() {
    cat <<'HELP'
Usage: induct-demo
a first run: trains the study's two-layer model, scores every checkpoint, draws

20,000 epochs of the preset 2L-varied (about three minutes on two cores) with a
dense series of checkpoints, the figures that need no intervention, and the lab,
a page to scrub through training and to operate on heads. It all goes to
runs/2L-varied-seed67 below the current folder, 85 MB, and stdout says what is
where. Interrupted, it goes on from there when called again.

      --help                 this help
  -V, --version              version, revision, compiler and the BLAS in use

Environment:
  RUN         the run's folder, in place of runs/2L-varied-seed67
  INDUCT_BIN  the folder of induct's programs, in place of induct-demo's own

Examples:
  induct-demo
  RUN=/scratch/first induct-demo
HELP
}

# Beside this script, as it was called, the programs lie: in build/bin it is a link.
bin=${INDUCT_BIN:-$(cd -- "$(dirname -- "$0")" && pwd)}
run=${RUN:-runs/2L-varied-seed67}
if [[ ! -x $bin/induct-train ]]; then
    echo "induct-demo: no induct-train in $bin (\$INDUCT_BIN names another folder)" >&2
    exit 1
fi

case $#,${1:-} in
0,) ;;
1,--help)
    help
    exit
    ;;
1,--version | 1,-V)
    "$bin/induct-train" --version | sed '1s/induct-train/induct-demo/'
    exit
    ;;
*)
    echo "induct-demo: there is nothing to be said to it but --help: '$*'" >&2
    exit 64
    ;;
esac

stopped() {
    echo "induct-demo: stopped; called again it goes on from here" >&2
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

drawn=no
if command -v "${GNUPLOT:-gnuplot}" >/dev/null; then
    step "score every checkpoint, evaluate a few, draw"
    # What needs no intervention; induct-plots draws the rest.
    "$bin/induct-plots" "$run" --figures training,heads,formation,periods,pattern,compose,circuit,spectrum,norms >&2
    drawn=yes
else
    step "no figures: they are drawn by gnuplot (Debian: gnuplot-nox), which is not here"
fi

step "the lab: all of it as one page"
"$bin/induct-lab" "$run" -o "$run/lab.html"

step "done in $((SECONDS / 60)) min $((SECONDS % 60)) s"
[[ $drawn == no ]] || cat <<FIGURES
The figures, as .png and .svg:
  $run/figures/training        loss and accuracy, in and outside the trained periods
  $run/figures/heads           every head's prev-token and induction score
  $run/figures/formation       the previous-token heads against accuracy outside the trained periods
  $run/figures/periods         accuracy by period, at a few epochs
  $run/figures/pattern-before  attention patterns; -change, -last (.png)
  $run/figures/compose         K-, Q- and V-composition of every pair of heads
  $run/figures/circuit         copying, matching and looking back, by the weights alone
  $run/figures/spectrum        singular values of QK and OV, and effective ranks
  $run/figures/norms           norms of the matrices beside pure weight decay
$bin/induct-plots $run
draws ablations, splits and grafts as well.

FIGURES
cat <<LAB
The lab, a page to scrub through training and to operate on heads; open it in a browser:
  $run/lab.html
LAB
