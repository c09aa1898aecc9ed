#!/bin/bash
# induct-sweep: the same bytes as plain trainings, killed or not; what its folders say; what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small='--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --ood 3,8
 --ood-sequences 8 --batch 8 --checkpoint-every 50 --log-every 50'
small=${small//$'\n'/}
column() { awk -F'\t' -v name="$1" '/^#/ { next } !at { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $at }' "$cli_out"; }
same_run() { # same_run RUN FOLDER: checkpoints and metrics, but for the seconds
    local file
    for file in "$1"/epoch-*; do expect_same "$file" "$2/${file##*/}"; done
    expect_true "metrics of $2" cmp <(cut -f1-6 "$1/metrics.tsv") <(cut -f1-6 "$2/metrics.tsv")
}

# ---- The plan ----------------------------------------------------------------------------------
cat >tiny.sweep <<END
seeds    0:2
epochs   200        # of every arm
options  $small
then     induct-score {run} -q --epochs last -o {run}/tables/scores.tsv
arm      base
arm      rate
seeds    0,2
vary     --lr 1e-2 1e-4
END
expect_exit 0 induct-sweep tiny.sweep --dry-run
expect_no_file runs
expect_true "order: by seed, then by arm" diff <(column arm) <(
    printf '%s\n' base rate-lr=1e-2 rate-lr=1e-4 base base rate-lr=1e-2 rate-lr=1e-4)
expect_true "seven folders" test "$(column run | sort -u | wc -l)" = 7
column run >folders
# The hash is of what a run is trained by: not of its length, of blanks or of steps
sed 's/^epochs .*/epochs 300/; s/^then.*//; s/--batch/  --batch/' tiny.sweep >longer.sweep
expect_exit 0 induct-sweep longer.sweep --dry-run --folder runs/tiny
expect_true "longer: the same folders" diff folders <(column run)
sed 's/--batch 8/--batch 9/' tiny.sweep >other.sweep
expect_exit 0 induct-sweep other.sweep --dry-run --folder runs/tiny
expect_true "another batch: other folders" test -z "$(column run | grep -Fxf folders)"
expect_exit 0 induct-sweep --lines 'name {seed}/{arm}; seeds 1; epochs 5; arm a; arm b; folder {folder}-{seed}' \
    --folder x --dry-run
expect_true "names of one's own" diff <(column run) <(printf '%s\n' x/1/a x-1)
expect_exit 0 induct-sweep tiny.sweep --dry-run --arms rate --seeds 2
expect_true "arms by their name before vary" diff <(column arm) <(printf 'rate-lr=%s\n' 1e-2 1e-4)

# ---- Refused -----------------------------------------------------------------------------------
refused() { # refused WORDS LINES
    expect_exit 1 induct-sweep --lines "$2"
    expect_stderr "induct-sweep: --lines: $1"
}
refused "line 1: '0:x': 'x' is not a whole number" 'seeds 0:x'
refused "line 2: 'speed' is none of folder, name, seeds, epochs, options, then, together, arm, from, vary" \
    'seeds 0; speed 3'
refused 'line 1: --seed is the sweep'\''s to give: say seeds, epochs, folder or from' 'options --seed 3'
refused 'line 1: arm run: how long? epochs N' 'seeds 0'
refused 'line 1: arm run: which seeds? seeds 0:7' 'epochs 5'
refused "line 2: an arm's folder is one for each run: it lacks {seed}" 'arm a; folder x'
refused 'line 3: arm b: from c, but no arm before it is called that' 'seeds 0; epochs 5; arm b; from c@3'
refused 'line 4: arm a: a control character, or bytes that are no UTF-8, in its folder, options or steps' \
    $'seeds 0; epochs 5; options --lr 1\xcb; arm a'
refused 'line 2: more than 20000 runs' 'seeds 0:20000; epochs 5'
ten='1 2 3 4 5 6 7 8 9 10'
refused 'line 7: more than 20000 arms' "arm a; vary -b $ten; vary -c $ten; vary -d $ten; vary -e $ten; vary -f $ten; seeds 0"
expect_exit 64 induct-sweep
expect_exit 64 induct-sweep tiny.sweep --lines 'seeds 0'
expect_exit 1 induct-sweep nothing.sweep
expect_stderr_has 'nothing.sweep: '

needs parallel

# ---- Run, looked at, run again -----------------------------------------------------------------
expect_exit 0 induct-sweep status tiny.sweep
expect_true "nothing is begun" test "$(column status | sort -u)" = to_do
expect_exit 0 induct-sweep tiny.sweep -j 2
expect_stderr_has 'induct-sweep: 7 runs: 7 done, 0 running, 0 failed, 0 to do' # after its progress, on a slow machine
expect_exit 0 induct-sweep status tiny.sweep
expect_true "all is done" test "$(column status | sort -u)" = "done"
# shellcheck disable=SC2086
for seed in 0 1 2; do
    induct-train $small --quiet --epochs 200 --seed $seed -o plain-$seed
    same_run plain-$seed runs/tiny/base-seed$seed-*
done
for run in runs/tiny/*-seed*; do expect_file "$run/tables/scores.tsv"; done
touch before
expect_exit 0 induct-sweep tiny.sweep
expect_true "what is done is left alone" test -z "$(find runs/tiny -name 'epoch-*' -newer before)"

# longer: each goes on where it was
expect_exit 0 induct-sweep longer.sweep --folder runs/tiny --arms base --seeds 1
# shellcheck disable=SC2086
induct-train $small --quiet --epochs 300 --seed 1 -o plain-long
same_run plain-long runs/tiny/base-seed1-*

# ---- Failures ----------------------------------------------------------------------------------
expect_exit 1 induct-sweep --lines "seeds 0:1; epochs 20; options $small --lr x; arm a" --folder bad
expect_stderr_has '2 runs: 0 done, 0 running, 2 failed, 0 to do'
expect_stderr_has "induct-train failed (exit status 64)"
expect_exit 1 induct-sweep --lines "seeds 0; epochs 20; options $small; then cat nothing" --folder step
expect_stderr_has 'cat nothing failed (exit status 1): cat: nothing: No such file or directory'
echo something >nothing
expect_exit 0 induct-sweep --lines "seeds 0; epochs 20; options $small; then cat nothing" --folder step
expect_true "its training was not begun again" test "$(grep -c 'exec induct-train' step/run-*/sweep.log)" = 1
# What cannot be told is not "not done": no step is taken twice.
twice="seeds 0; epochs 20; options $small; then echo x >>{run}/taken; then false"
expect_exit 1 induct-sweep --lines "$twice" --folder twice
mv twice/run-*/sweep.then kept
(cd twice/run-* && mkdir sweep.then)
expect_exit 1 induct-sweep --lines "$twice" --folder twice
expect_stderr_has 'sweep.then: not a regular file'
expect_true "a step was taken twice" test "$(cat twice/run-*/taken)" = x
(cd twice/run-* && rmdir sweep.then && mv ../../kept sweep.then)
expect_exit 1 induct-sweep --lines "$twice" --folder twice
expect_true "a step was taken twice" test "$(cat twice/run-*/taken)" = x

# ---- A folder of one's own ---------------------------------------------------------------------
# shellcheck disable=SC2086
induct-train $small --quiet --epochs 100 --seed 5 -o mine-5
own="seeds 5; epochs 200; options $small; arm mine; folder mine-{seed}"
expect_exit 0 induct-sweep --lines "$own"
# shellcheck disable=SC2086
induct-train $small --quiet --epochs 200 --seed 5 -o plain-5
same_run plain-5 mine-5
expect_exit 1 induct-sweep --lines "${own/--batch 8/--batch 9}" --folder other
expect_stderr_has 'mine-5 was made by another recipe'
cp -r plain-5 mine-6
rm -f mine-6/sweep*
expect_exit 1 induct-sweep --lines "${own/seeds 5; epochs 200/seeds 6; epochs 300}" --folder other
expect_stderr_has 'mine-6 holds a run of seed 5, not 6'

# ---- Branches ----------------------------------------------------------------------------------
cat >branches.sweep <<END
folder   tree
name     {arm}-seed{seed}
seeds    0:1
together 1
arm base
epochs 200
options $small --states 100
arm control
from base@100
arm rate
from base@100
epochs 150
options --lr "\$(cat {parent}-rate)"
arm again
from control@200
epochs 250
END
echo 1e-4 >tree-rate
mkdir tree
cp tree-rate tree/base-seed0-rate
cp tree-rate tree/base-seed1-rate
expect_exit 1 induct-sweep branches.sweep --arms control
expect_stderr_has '2 runs: 0 done, 0 running, 0 failed, 2 to do'
expect_exit 0 induct-sweep status branches.sweep --arms control --seeds 0
expect_stdout_has 'waits for tree/base-seed0@100'
expect_exit 0 induct-sweep branches.sweep -j 2
for seed in 0 1; do
    for epoch in 100 150 200; do
        expect_same tree/{base,control}-seed$seed/epoch-00000$epoch.safetensors
    done
    expect_file tree/again-seed$seed/epoch-00000250.safetensors
    # shellcheck disable=SC2086
    induct-train --quiet --from tree/base-seed$seed@100 --epochs 150 --lr 1e-4 -o rate-$seed
    same_run rate-$seed tree/rate-seed$seed
done

# ---- Stopped -----------------------------------------------------------------------------------
lines="seeds 0:3; epochs 30000; options $small; arm long"
start induct-sweep --lines "$lines" --folder stopped -j 2
training() { compgen -G 'stopped/long-seed1-*/epoch-00000050*' >/dev/null; }
wait_for 20 training
kill -INT "$cli_pid"
expect_ended 130
expect_exit 0 induct-sweep status --lines "$lines" --folder stopped
expect_true "stopped runs are to do" test "$(column status | sort -u)" = to_do
cp "$cli_out" by_lines
mkdir elsewhere && cp -r stopped elsewhere/moved
expect_exit 0 induct-sweep status elsewhere/moved
expect_true "a folder tells it too, wherever it lies" \
    diff <(grep -v '^#' by_lines | sed 's|^stopped/||') <(grep -v '^#' "$cli_out" | sed 's|^elsewhere/moved/||')
expect_exit 64 induct-sweep status elsewhere/moved --seeds 0
expect_exit 1 induct-sweep status elsewhere
expect_stderr_has elsewhere/manifest.tsv
