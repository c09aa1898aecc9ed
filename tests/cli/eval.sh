#!/bin/bash
# induct-eval: its table on a small run, the same whatever the threads and periods, and what it
# refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs induct-train

induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 \
    --batch 16 --epochs 400 --checkpoint-every 200 --seed 1 --quiet -o small >train.txt 2>&1

# ---- The table ----

expect_exit 0 induct-eval small --periods 3:5,22 --sequences 64 --repeats
expect_table_file repeats.tsv accuracy=0.02 accuracy_lo=0.04 accuracy_hi=0.04 loss=0.005 \
    accuracy_repeated=0.05 accuracy_repeated_lo=0.1 accuracy_repeated_hi=0.1 \
    accuracy_unique=0.07 accuracy_unique_lo=0.15 accuracy_unique_hi=0.15
expect_stderr ''
cp "$cli_out" whole.tsv

# Without --repeats the same first columns; without resamples the same values and no intervals.
expect_exit 0 induct-eval small --periods 3:5,22 --sequences 64
except whole.tsv accuracy_{repeated,unique}{,_lo,_hi} repeated_share >first_columns.tsv
tail -n +2 "$cli_out" >plain.tsv
expect_same first_columns.tsv plain.tsv
expect_exit 0 induct-eval small --periods 3:5,22 --sequences 64 --resamples 0
rows plain.tsv '{ $c["accuracy_lo"] = $c["accuracy_hi"] = "nan"; print }' >without.tsv
tail -n +3 "$cli_out" >no_resamples.tsv
expect_same without.tsv no_resamples.tsv

# One sequence has no interval; too few resamples are none.
expect_exit 0 induct-eval small --periods 4 --epochs 0 -n 1
expect_true 'nan of one sequence' test "$(cells "$cli_out" accuracy_lo accuracy_hi)" = $'nan\tnan'
expect_exit 64 induct-eval small --resamples 1
expect_stderr_has '--resamples: at least 40 make an interval (0 = none)'

# A row depends on its epoch, period and the seed alone.
expect_exit 0 induct-eval small --periods 22,4 --epochs 200 --sequences 64 --repeats
for period in 22 4; do
    rows whole.tsv '$c["epoch"] == 200 && $c["period"] == period' period=$period
done >rows.tsv
tail -n +3 "$cli_out" >alone.tsv
expect_same rows.tsv alone.tsv
expect_exit 0 induct-eval small --periods 3:5,22 --sequences 64 --repeats --seed 1
expect_true 'another seed gives another table' test "$(tail -n +3 "$cli_out")" != "$(tail -n +3 whole.tsv)"

# What every row must obey: lo <= value <= hi, predictions = sequences * (T - p).
expect_true 'intervals hold their value, predictions are counted' rows whole.tsv '
    $c["accuracy_lo"] > $c["accuracy"] || $c["accuracy"] > $c["accuracy_hi"] { bad = 1 }
    $c["predictions"] != 64 * (23 - $c["period"]) { bad = 1 }
    END { exit bad || N != 3 * 4 }'

# The default periods end where the context does.
expect_exit 0 induct-eval small --sequences 2 --epochs last
expect_true 'periods 5 to 22' test "$(cells "$cli_out" period | tr '\n' ' ')" = \
    "$(seq -s ' ' 5 22) "

# ---- Threads, formats, where it goes ----

for threads in 1 2 4; do
    expect_exit 0 induct-eval small --periods 3:5 --threads $threads -o threads$threads.tsv
done
expect_same threads1.tsv threads2.tsv
expect_same threads1.tsv threads4.tsv
expect_exit 0 induct-eval small --periods 4 --sequences 8 --epochs 0 --format jsonl --resamples 0
expect_stdout_has '"epoch":0, "period":4, "accuracy":'
expect_stdout_has '"accuracy_lo":null, "accuracy_hi":null'
expect_exit 0 induct-eval small --periods 4 --sequences 8 --epochs 0 --format csv
expect_stdout_has 'epoch,period,accuracy,accuracy_lo,accuracy_hi,loss,predictions'
expect_exit 0 env INDUCT_RUN=small induct-eval --periods 4 --sequences 8
expect_stderr_has 'small'
expect_exit 1 bash -c 'induct-eval small --periods 4 --sequences 8 >/dev/full'
expect_stderr_lines 1
expect_stderr_has 'No space left on device'

# ---- What it refuses ----

expect_exit 64 induct-eval small --periods 0
expect_stderr_has '--periods: 0 is out of range'
expect_exit 64 induct-eval small --periods 5:
expect_exit 64 induct-eval small --sequences 0
expect_stderr_has '--sequences: 0 is out of range'
expect_exit 64 induct-eval small --resamples=-1
expect_exit 64 induct-eval small --period=x --nonsense
expect_exit 1 induct-eval small --periods 5,23
expect_stderr 'induct-eval: small: --periods: 23 leaves nothing to predict in a context of 24 (1 to 22)'
expect_stdout ''
expect_exit 1 induct-eval nowhere
expect_stderr_lines 1
expect_stderr_has 'nowhere'

# A broken checkpoint is named and passed over, the rest is done, and kept with -o; status 1 at the end.
cp -r small broken
cp -r small again
truncate -s 1000 broken/epoch-00000200.safetensors
expect_exit 1 induct-eval broken --periods 4 --sequences 8 --quiet
expect_stderr_lines 2
expect_stderr_has 'broken/epoch-00000200.safetensors'
expect_stderr_has 'induct-eval: 1 checkpoint was passed over'
expect_true 'the others are there' test "$(cells "$cli_out" epoch | tr '\n' ' ')" = '0 400 '
tail -n +2 "$cli_out" >others.tsv
expect_exit 1 induct-eval broken --periods 4 --sequences 8 -o out.tsv
tail -n +2 out.tsv >kept.tsv
expect_same others.tsv kept.tsv
# With --strict it ends the walk, and there is no file.
rm out.tsv
expect_exit 1 induct-eval broken --periods 4 --sequences 8 --strict
expect_stderr_lines 1
expect_stderr_has 'broken/epoch-00000200.safetensors'
expect_true 'epoch 0 is there and nothing else' test "$(cells "$cli_out" epoch)" = 0
expect_exit 1 induct-eval broken --periods 4 --sequences 8 --strict -o out.tsv
expect_no_file out.tsv
# If nothing is left there is nothing to keep.
expect_exit 1 induct-eval broken --epochs 200 --periods 4 --sequences 8 -o out.tsv
expect_stderr_has 'none of its 1 checkpoints could be used'
expect_no_file out.tsv

# One checkpoint occupies all threads, a period each: the same bytes.
for threads in 1 4; do
    expect_exit 0 induct-eval small --epochs last --sequences 8 --threads $threads -o one$threads.tsv
done
expect_same one1.tsv one4.tsv

# --continue keeps what the file of the same command has, whatever is missing, and makes the rest.
expect_exit 0 induct-eval small again --periods 3:5 --sequences 20 -o two.tsv
marked='$c["run"] == "small" && $c["epoch"] == 200 { $c["accuracy"] = "0.5" }'
(head -n 2 two.tsv && rows two.tsv "$marked"' $c["accuracy"] == "0.5"' &&
    rows two.tsv '$c["run"] == "again" && $c["epoch"] < 400') >part.tsv
(head -n 2 two.tsv && rows two.tsv "$marked { print }") >wanted.tsv
expect_exit 0 induct-eval small again --periods 3:5 --sequences 20 -o part.tsv --continue
expect_same part.tsv wanted.tsv # rows that are there are not made again
expect_exit 0 induct-eval small again --periods 3:5 --sequences 20 -o fresh.tsv --continue --threads 3
expect_same fresh.tsv two.tsv
expect_exit 1 induct-eval small again --periods 3:5 --sequences 21 -o part.tsv --continue
expect_stderr_has '--continue: part.tsv: was made by another command'
expect_same part.tsv wanted.tsv
expect_exit 64 induct-eval small --continue
expect_exit 64 induct-eval small --continue -o rows.jsonl --format jsonl

expect_exit 0 induct-eval --help
expect_stdout_has 'accuracy, _lo, _hi'
