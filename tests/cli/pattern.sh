#!/bin/bash
# induct-pattern: its pictures and values on a small run, and what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs induct-train

induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 \
    --batch 16 --epochs 40 --checkpoint-every 10 --seed 1 --quiet -o small >train.txt 2>&1

# ---- Pictures ----

is_png() { [[ $(head -c 8 "$1" | od -An -tx1 | tr -d ' \n') == 89504e470d0a1a0a ]]; }
holds() { grep -aqF -- "$2" "$1"; }
side() { od -An -tu4 --endian=big -j "$2" -N 4 "$1" | tr -d ' '; } # 16: width, 20: height

expect_exit 0 induct-pattern small
expect_stdout ''
expect_stderr_has 'induct-pattern: wrote pattern-epoch-40.png ('
expect_stderr_lines 1
expect_true 'a PNG' is_png pattern-epoch-40.png
expect_true 'it holds its command' holds pattern-epoch-40.png $'Command\0induct-pattern small'
expect_true 'and its program' holds pattern-epoch-40.png 'induct-pattern 0.'

expect_exit 0 induct-pattern small --heads L1H0 --film --period 5 --quiet
expect_stderr ''
expect_true 'a PNG' is_png pattern-L1H0-film.png
expect_true 'it holds its command' holds pattern-L1H0-film.png \
    'induct-pattern small --heads L1H0 --film --period 5'
expect_exit 0 induct-pattern small --head L1H0 --film --epochs 10:30 -o part.png
expect_true 'three checkpoints are narrower than five' test "$(side part.png 16)" -lt \
    "$(side pattern-L1H0-film.png 16)"

expect_exit 0 induct-pattern small --zoom 10 -o ten.png
expect_exit 0 induct-pattern small --zoom 12 -o twelve.png
# 23 positions, two heads wide and two layers high, two pixels a value more.
expect_true 'a value is as many pixels as --zoom says' test \
    $(($(side twelve.png 16) - $(side ten.png 16))) -eq $((2 * 2 * 23))

expect_exit 0 induct-pattern small --mean --threads 1 -o one.png
expect_exit 0 induct-pattern small --mean --threads 4 -o four.png
expect_same one.png four.png
expect_exit 0 induct-pattern small --mean --seed 2 -o other.png
expect_true 'other sequences, another picture' test "$(md5sum <one.png)" != "$(md5sum <other.png)"
expect_exit 0 induct-pattern small --tokens 5,7,5 --heads L0H0,L1H1 -o tokens.png
expect_true 'a PNG' is_png tokens.png

# A film of pictures: all heads at every checkpoint, names in the order of epochs, each as if alone.
expect_exit 0 induct-pattern small --mean -o 'film-{epoch}.png'
expect_stderr_lines 5
expect_file film-{00,10,20,30,40}.png
expect_exit 0 induct-pattern small --mean --epochs 20 -o alone.png
expect_true 'of one size' test "$(side alone.png 16)x$(side alone.png 20)" = \
    "$(side film-00.png 16)x$(side film-00.png 20)"
expect_true 'epochs differ' test "$(md5sum <film-20.png)" != "$(md5sum <film-30.png)"
expect_exit 0 induct-pattern small --epochs 10,20 --period 5 -o 'a-{epoch}-b.png'
expect_file a-{10,20}-b.png
expect_no_file a-0-b.png

# ---- Values ----

expect_exit 0 induct-pattern small --epochs last --value-weighted --values
expect_true 'rows sum to 1' rows "$cli_out" '
    { sum[$c["head"], $c["query"]] += $c["value"] }
    END { for (q in sum) if ((sum[q] - 1) ^ 2 > 1e-8) exit 1; exit !N }'
cells "$cli_out" value >weighted
expect_exit 0 induct-pattern small --epochs last --values
expect_true 'weights differ' test "$(cells "$cli_out" value | md5sum)" != "$(md5sum <weighted)"

expect_exit 0 induct-pattern small --epochs 0 --tokens 5,7,5,7 --heads 'L1H*' --values
expect_table_file values.tsv
expect_stderr ''
expect_no_file pattern-epoch-0.png
expect_exit 0 induct-pattern small --head L1H1 --film --mean --sequences 9 --values -o both.png
expect_file both.png
expect_true 'every row of every checkpoint sums to one, in epoch order' awk -F '\t' '
    NR <= 2 { next }
    $1 < epoch || $4 > $3 || $2 != "L1H1" { bad = 1 }
    { epoch = $1; sum[$1 "," $3] += $5 }
    END { for (row in sum) { rows++; if (sum[row] < 0.99999 || sum[row] > 1.00001) bad = 1 }
          exit bad || rows != 5 * 23 }' "$cli_out"
cp "$cli_out" two.tsv
expect_exit 0 induct-pattern small --head L1H1 --film --mean --sequences 9 --values --threads 1
expect_same two.tsv "$cli_out"

# --index N and --mean are of the same sequences: the mean of the first two is their mean.
for index in 0 1; do
    expect_exit 0 induct-pattern small --values --index $index
    tail -n +3 "$cli_out" >index$index.tsv
done
expect_exit 0 induct-pattern small --values --mean --sequences 2
tail -n +3 "$cli_out" >mean.tsv
expect_true 'the mean of two' awk -F '\t' '
    { difference = ($5 + $10) / 2 - $15; if (difference * difference > 1e-11) bad = 1 }
    END { exit bad || NR != 4 * 23 * 24 / 2 }' <(paste index0.tsv index1.tsv mean.tsv)
expect_true 'two sequences differ' test "$(md5sum <index0.tsv)" != "$(md5sum <index1.tsv)"

# ---- What it refuses ----

refuses() { # refuses STATUS WORDS ARGUMENT...: one clear line (and a hint for usage errors)
    expect_exit "$1" induct-pattern small "${@:3}"
    expect_stderr_has "induct-pattern: $2"
    expect_stderr_lines $(($1 == 64 ? 2 : 1))
}
refuses 1 '--tokens: 16 is no token: the model has 0 to 15' --tokens 5,16
refuses 1 '--tokens: 25 tokens, but the model' --tokens "$(seq -s , 1 15),1:10"
refuses 1 '--film shows one head, --heads names 2' --film --heads 'L1H*'
refuses 1 '2 checkpoints are chosen and a grid shows one' --epochs 10,20
refuses 1 "--heads: no head matches 'L5H5'" --heads L5H5
refuses 1 '--epochs: no checkpoint matches' --epoch 11
refuses 1 'nowhere/x.png: cannot' -o nowhere/x.png
refuses 64 "--output: 'x.tsv' does not end in .png" -o x.tsv
refuses 64 '--film is one picture: no {epoch} in its name' --film --heads L1H0 -o 'x-{epoch}.png'
refuses 64 '--tokens is one sequence' --tokens 1,2 --mean
refuses 64 '--index is one sequence' --index 2 --mean
refuses 64 '--sequences goes with --mean' --sequences 3
refuses 64 "--tokens: " --tokens 1,x
expect_exit 1 bash -c 'induct-pattern small --values >/dev/full'
expect_stderr 'induct-pattern: cannot write: No space left on device'
