#!/bin/bash
# What induct-train refuses, in one line that names the option or the file, before anything is
# trained or written.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

expect_exit 0 induct-train --preset 1L-fixed --epochs 1 --quiet --ood none -o a

expect_exit 1 induct-train --preset 1L-fixed -o a
expect_stderr 'induct-train: a already holds a run (--resume a trains it further)'
for other in '--preset 2L-fixed' '--preset 1L-fixed --lr 0.01' '--preset 1L-fixed --seed 1' '--preset 1L-fixed --period 21'; do
    # shellcheck disable=SC2086 # words of a command line
    expect_exit 1 induct-train $other -o a
    expect_stderr 'induct-train: a already holds another run: name a folder with -o'
done

# Runs that differ in anything that bears on training have other folders; those that do not, not.
name_of() { # name_of FOLDER OPTION...: the folder that a run of these options has
    local folder=$1
    shift
    expect_exit 0 induct-train --epochs 0 --quiet --checkpoint-every 0 --ood none "$@"
    expect_file "$folder/config.json"
    rm -rf runs
}
name_of runs/2L-varied-seed0 --lr 0.001
name_of runs/custom-2L4H-d64-lr0.01-seed0 --lr 0.01
name_of runs/custom-2L4H-d64-lr0.02-weight-decay0-seed3 --lr 0.02 --weight-decay 0 --seed 3
name_of runs/custom-3L2H-d32-vocab50-positions-rotary-layer-norm-period10-20-seed0 --layers 3 --heads 2 \
    --d-model 32 --vocab 50 --positions rotary --layer-norm --period 10:20
name_of runs/custom-1L4H-d64-period21-seed0 --preset 1L-fixed --period 21
name_of runs/custom-2L4H-d64-clamp-L0H0=prev-5-9-freeze-embed-seed0 --clamp L0H0=prev@5:9 --freeze embed
expect_exit 1 induct-train --resume nothing
expect_stderr_has 'induct-train: nothing: no run to resume'
: >file
expect_exit 1 induct-train -o file/run
expect_stderr_has 'induct-train: file'
expect_stderr_has 'Not a directory'

while IFS='|' read -r arguments words; do
    # shellcheck disable=SC2086 # words of a command line
    expect_exit 64 induct-train $arguments
    expect_stderr_has "$words"
    expect_stdout ""
done <<'CASES'
--preset 3L|unknown preset '3L': there are 1L-fixed, 1L-varied, 2L-fixed, 2L-varied, 2L-varied-60k
--resume a --layers 3|--layers cannot go with --resume, which continues a run as it was begun
--resume a --lr 0.1|--lr cannot go with --resume
--resume a --seed 3|--seed cannot go with --resume
--resume a --preset 2L-fixed|--preset cannot go with --resume
--resume a --period 6|--period cannot go with --resume
--resume a --ood 6|--ood cannot go with --resume
--resume a --layer-norm|--layer-norm cannot go with --resume
--resume a -o b|--output cannot go with --resume
--period 29:20|period 29:20 runs backwards
--period 20-29|--period takes 20 or 20:29, not '20-29'
--context 30|--context 30 holds periods up to 28, and the preset trains on 20:29: say --period
--lr 1e30|--lr: 1e+30 is out of range (0 to 1000000)
--period 79|period must lie in 1..78, not 79
--positions sine|sinusoidal
--layers 0|--layers
--layers two|--layers
--batch 0|--batch
--beta1 1|beta1 must be at least 0 and below 1
--lr nan|--lr
--lr -1|--lr
--eps 0|--eps
--ood 200|ood period must lie in 1..78, not 200
--ood 5;6|--ood
--epochs ten|--epochs
--checkpoint-every -1|--checkpoint-every
run|run
CASES
expect_no_file runs run
