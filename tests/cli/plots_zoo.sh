#!/bin/bash
# ctest: slow
# ctest: timeout 900
# induct-plots on a zoo of runs, none like the study's: every figure that each can have is drawn, exit
# status 0, nothing on stderr but notes of its own, and every number of every headline is the cell of the
# table that it says it is.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs gnuplot

small='--heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --ood 3,8 --batch 4
    --epochs 40 --checkpoint-every 10 --log-every 5 --seed 1 --threads 1'
zoo=()
animal() { # NAME OPTION...: trains one; later options count
    zoo+=("$1")
    # shellcheck disable=SC2086
    expect_exit 0 induct-train -q $small "${@:2}" -o "$1"
}

animal short
animal tiny --heads 1 --d-model 4 --d-head 4 --vocab 4 --context 12 --period 2:4 --ood 5
animal long --epochs 700 --checkpoint-every 1 --d-model 4 --d-head 2 --vocab 8 --batch 1
animal wide-context --context 400 --period 10:60 --ood 5,100 --batch 1 --epochs 2 --checkpoint-every 1
animal one-layer --layers 1
animal four-layers --layers 4
animal many-heads --heads 9 --d-head 1
animal rotary --positions rotary
animal learned-bias --positions learned --bias
animal none --positions none
animal layernorm --layer-norm
animal rotary-layernorm --layers 3 --positions rotary --layer-norm --bias
animal no-ood --ood none
animal forbidden --forbid pp # a term of the scores that is 0
animal smeared --smear-keys  # scores that are not split
animal pairs --layers 4 --heads 6 --d-head 2 --epochs 2 --checkpoint-every 1 # more than are drawn
animal one-period --period 5:5 --ood 5
animal unstarted --epochs 0
animal 'a `touch ran` "name" it'\''s'
cp -r unstarted ./-x # what a program would take for an option, and gnuplot for another folder
cp -r unstarted ./'~'
zoo+=(-x '~')

cp -r short logless
rm logless/metrics.tsv
zoo+=(logless)
mkdir bare # neither recipe nor seed
cp short/epoch-*.safetensors bare
zoo+=(bare)
cp -r short dying # the trainer's last row is torn
head -c -9 short/metrics.tsv >dying/metrics.tsv
zoo+=(dying)
expect_exit 0 induct-export -q four-layers -o model.safetensors
expect_exit 0 induct-import -q model.safetensors -o imported
zoo+=(imported)

# Every number of a headline is what stands in its table, and stands in the headline.
cat >compare.awk <<'END'
BEGIN { FS = "\t" }
/^#/ || $1 == "figure" { next }
$4 == "" { next }
{
    file = $4 == "metrics" ? run "/metrics.tsv" : run "/tables/" $4 ".tsv"
    line = 0; place = 0; cell = ""
    while ((getline row < file) > 0) {
        line++
        n = split(row, part, "\t")
        if (!place && row !~ /^#/)
            for (i = 1; i <= n; i++)
                if (part[i] == $6)
                    place = i
        if (line == $5)
            cell = part[place]
    }
    close(file)
    off = cell - $7
    if (cell == "" || off * off > 1e-12 * (1 + cell * cell) || index($2, $3) == 0) {
        printf "%s: %s: '%s' is not %s of line %d of %s: %s\n", run, $1, $3, $6, $5, file, cell
        wrong = 1
    }
    number = $3
    gsub(",", "", number)
    off = number - cell
    if (off * off > 0.2501 && $3 !~ /\./ || off * off > 0.003 && $3 ~ /\./) {
        printf "%s: %s: '%s' in the headline is %s in the table\n", run, $1, $3, cell
        wrong = 1
    }
    count++
}
END { if (wrong || count < 1) exit 1 }
END

drawn_of() { find "./$1/figures" -name '*.svg' | wc -l; }
only() { # RUN: the figures of one that is another but in this
    case $1 in
        a\ * | -* | ~*) echo --figures heads,training,ablate,pattern ;;
        forbidden) echo --figures split,bump,edges ;;
        smeared) echo --figures split,compose,heads ;;
        pairs) echo --figures compose,heads ;;
        dying) echo --figures training,formation ;;
        logless | bare) echo --figures training,heads,formation,periods,norms,study,ablate,split ;;
    esac
}
for run in "${zoo[@]}"; do
    # shellcheck disable=SC2046
    expect_exit 0 induct-plots --format svg $(only "$run") -- "$run"
    expect_true "$run: nothing on stderr but notes" \
        bash -c '! grep -vE "^induct-[a-z]+: " "$1"' - "$cli_err"
    expect_true "$run: headlines are numbers of tables" \
        awk -v run="$run" -f compare.awk "./$run/figures/headlines.tsv"
    expect_true "$run: it has figures" test "$(drawn_of "$run")" -ge 2
    # shellcheck disable=SC2016
    expect_true "$run: whole pictures without nan" bash -c '
        for figure in ./"$1"/figures/*.svg; do
            [[ $(tail -c 20 "$figure") == *"</svg>"* ]] && ! grep -q ">[^<]*nan" "$figure" || exit 1
        done' - "$run"
    # shellcheck disable=SC2046
    expect_exit 0 induct-plots --format svg $(only "$run") -- "$run"
    expect_stdout ''
    expect_stderr_has "induct-plots: up to date: $run/figures"
done
expect_no_file ran ./*/ran

# The figure `formation` says of a period what stands at its curve; chance is a dashed line, of a single
# checkpoint too.
agreed=0
for run in "${zoo[@]}"; do
    ended=$(sed -n 's/^formation\t[^\t]*; period \([0-9]*\) [a-z][^\t]* \([0-9.]*\)\t.*/period \1  \2/p' \
        "./$run/figures/headlines.tsv" | tail -n 1)
    [[ -z $ended ]] && continue
    agreed=$((agreed + 1))
    expect_true "$run: formation's headline and label agree on $ended" \
        grep -qF ">$ended<" "./$run/figures/formation.svg"
done
expect_true "many had such a headline" test "$agreed" -ge 10
for figure in heads lens strategy formation; do
    expect_true "a dashed line of chance in $figure of one checkpoint" \
        grep -qE "stroke-dasharray='[^']*'  d='M[0-9.]+,[0-9.]+ L" "unstarted/figures/$figure.svg"
done

# What brings accuracy back is asked of every checkpoint, however few there are.
expect_true "epochs that are grafted into" test "$(cells short/tables/rescue.tsv epoch_into | sort -u | wc -l)" -eq 5

# What a run cannot have is left out with its reason, and what it is stands in its pictures.
lacks() { # RUN REASON FIGURES
    expect_exit 0 induct-plots "$1" --format svg
    expect_stderr_has "induct-plots: $1: $2: no $3"
}
lacks one-layer 'one layer' 'lens, compose, split, bump, graft, study'
lacks layernorm 'scores cannot be split into content and position' 'split, bump'
lacks many-heads 'more than 12 heads have too many subsets' 'shapley'
expect_exit 0 induct-plots smeared --format svg --figures split
expect_stderr_has 'induct-plots: smeared: scores cannot be split into content and position: no split'
says_pairs=' · the highest of 216 pairs'
expect_true "of many pairs the highest" grep -qF "$says_pairs" pairs/figures/compose.svg
lacks no-ood 'no accuracy outside the trained periods was logged' 'formation, strategy, study'
expect_exit 0 induct-plots logless --format svg --figures training,heads,study
expect_stderr_has 'induct-plots: logless: no metrics.tsv: no training, study'
says() { expect_true "$1 says '$3' in $2" grep -qF "$3" "$1/figures/$2.svg"; }
says four-layers ablate '>period 5 (trained), heads of layer 3<'
says four-layers heads '>layer 3: induction score, period 5<'
says four-layers heads '4 layers × 2 heads, width 16, sinusoidal positions, vocabulary 16, context 24'
says rotary-layernorm norms 'rotary positions, LN, vocabulary 16'
says wide-context heads 'induction score, period 35<'
says imported heads '>imported · imported · '
expect_true "no seed of an imported run" bash -c '! grep -q "seed" imported/figures/heads.svg'

# What would exceed --work is of fewer checkpoints or left out, and says so; nothing else changes.
epochs_of() { awk -F'\t' '/^#/ { next } !place { for (i = 1; i <= NF; i++) if ($i == "epoch") place = i; next }
    !seen[$place]++ { count++ } END { print count + 0 }' "$1"; }
expect_exit 0 induct-plots long --format svg --figures heads,ablate,llc -o bounded --work 1e-5
expect_stderr_has 'no llc (induct-plots long --figures llc --work 0)'
expect_no_file bounded/tables/llc.tsv bounded/figures/llc.svg
count=$(epochs_of bounded/tables/ablate.tsv)
expect_true "ablate of fewer checkpoints" test "$count" -gt 0 -a "$count" -lt "$(epochs_of long/tables/ablate.tsv)"
expect_stderr_has "induct-plots: long: ablate is of $count checkpoints, not $(epochs_of long/tables/ablate.tsv): each is "
expect_true "the figure says so" grep -qF " · $count checkpoints within --work" bounded/figures/ablate.svg
expect_true "no word of it where all are there" bash -c '! grep -qF -- --work "$1"' - long/figures/ablate.svg
expect_exit 0 induct-plots long --format svg --figures ablate -o bounded --work 0
expect_true "no note of it without a bound" bash -c '! grep -q work "$1"' - "$cli_err"
expect_true "the very table of no bound" cmp bounded/tables/ablate.tsv long/tables/ablate.tsv
