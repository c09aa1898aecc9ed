#!/bin/bash
# induct-plots from golden tables (tests/plots, made up, not measured): what figures say, when they are drawn,
# and what is said when they cannot be. The programs that make tables are stand-ins that hand out the
# golden ones and keep a log; roles are decided by induct-roles itself.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs gnuplot
golden=$INDUCT_SOURCE/tests/plots

# ---- A run of no weights, and programs of no work. ---------------------------------------------

mkdir bin share
cp "$INDUCT_BIN/induct-plots" "$INDUCT_BIN/induct-roles" "$INDUCT_BIN/induct-onset" bin
mkdir -p share/induct
cp -r "$INDUCT_SOURCE/plots" share/induct
cp -r "$golden" golden
log=$PWD/log
stand_in() { # PROGRAM TABLE
    cat >"bin/induct-$1" <<END
#!/bin/bash
echo "\$(basename "\$0") \$*" >>"$log"
table=$2
while [[ \$# -gt 0 ]]; do
    case \$1 in
        -o) out=\$2; shift ;;
        --norms) table=norms.tsv ;;
        --bump) table=bump.tsv ;;
        --agreement) table=agreement.tsv ;;
        --drop) table=drop.tsv ;;
        --placebo) table=rescue.tsv ;;
        --shapley) table=shapley.tsv ;;
    esac
    shift
done
cp "$PWD/golden/\$table" "\$out"
END
    chmod +x "bin/induct-$1"
}
for pair in score:scores eval:periods circuit:circuit compose:compose svd:spectrum ablate:ablate \
    split:split graft:graft paths:paths strategy:strategy lens:lens edges:edges llc:llc; do
    stand_in "${pair%%:*}" "${pair##*:}.tsv"
done
stand_in pattern pixel.png
printf '\x89PNG\r\n\x1a\n' >golden/pixel.png
heading() { printf '# %s: golden data, made up\n' "$1"; }
{
    heading induct-ablate
    printf 'epoch\theads\tkind\tmode\tperiod\taccuracy\n'
    for epoch in 0 2000 4000; do
        printf "$epoch\t-\tnone\tzero\t24\t0.02\n$epoch\tL0H0+L1H0\tall\tzero\t24\t0.9%d\n" $((epoch / 1000))
        printf "$epoch\tL0H0\tvalue\tzero\t24\t0.5%d\n$epoch\tL1H0\tvalue\tzero\t24\t0.4\n" $((epoch / 1000))
        printf "$epoch\tL0H0+L1H0\tinteraction\tzero\t24\t0.3\n"
    done
} >golden/shapley.tsv
{
    heading induct-paths
    printf 'epoch\tperiod\tpath\tkind\torder\tlogit\tcentred\n'
    for epoch in 0 2000 4000; do
        for path in direct:direct:-0.1 L0H0:head:-0.2 L1H2:head:4.5 'L0H0>L1H0:virtual:0.5' model:model:9.25; do
            IFS=: read -r name kind value <<<"$path"
            printf '%s\t24\t%s\t%s\t0\t0\t%s\n' "$epoch" "$name" "$kind" "$value"
        done
    done
} >golden/paths.tsv

# A name that a shell would run may not matter.
induct-train -q --preset 2L-varied --seed 67 --epochs 0 -o 'runs/a `touch ran` run'
run='runs/a `touch ran` run'
cp golden/metrics.tsv "$run"
for ((epoch = 200; epoch <= 4000; epoch += 200)); do
    cp "$run/epoch-00000000.safetensors" "$run/$(printf 'epoch-%08d.safetensors' $epoch)"
done
plots() { # OPTION...: exit status 0, what was drawn in the order of names
    : >log
    expect_exit 0 bin/induct-plots "$run" "$@"
}
drawn() { # FILE...: exactly these were drawn
    diff <(printf "$run/figures/%s\n" "$@" | sort) <(sort "$cli_out") >difference ||
        cli_fail "drawn: $(cat difference)"
}
both() { printf '%s.png %s.svg ' $(printf '%s %s ' $(for name; do echo "$name" "$name"; done)); }

# ---- Everything, once. -------------------------------------------------------------------------

plots
expect_stderr ''
expect_no_file ran "$run/ran"
all='training heads formation periods strategy lens edges norms spectrum circuit compose ablate shapley llc
    paths split bump graft study'
# shellcheck disable=SC2046,SC2086
drawn $(both $all) pattern-{before,change,last}.png
for figure in $all; do
    svg=$run/figures/$figure.svg png=$run/figures/$figure.png
    expect_true "$figure.svg is whole" test "$(tail -c 8 "$svg" | tr -d '\n')" = '</svg>'
    expect_true "$figure.svg holds no nan" bash -c '! grep -q ">[^<]*nan" "$1"' - "$svg"
    expect_true "$figure.png is whole" test "$(tail -c 8 "$png" | head -c 4)" = IEND
    wide=$(od -An -j 16 -N 4 --endian=big -t u4 "$png") high=$(od -An -j 20 -N 4 --endian=big -t u4 "$png")
    expect_true "$figure: twice the size in pixels" \
        grep -q "width=\"$((wide / 2))\" height=\"$((high / 2))\"" "$svg"
done

says() { # FIGURE TEXT: stands in the picture as one piece of text
    expect_true "$1 says '$2'" grep -qF ">$2</text>" "$run/figures/$1.svg"
}
says training 'Induction accuracy passes 0.5 at epoch 2,100 and ends at 0.96'
says training 'floor 1.648'
says training 'period 40  0.38' # the mean of five rows, as in the headline of formation
says training 'a `touch ran` run · 2L-varied · seed 67 · trained on periods 20–29 · dotted: induction accuracy passes 0.5'
says training '2 layers × 4 heads, width 64, sinusoidal positions, vocabulary 256, context 80'
says heads 'Strongest previous-token head: L0H0, up to 0.75; induction: L1H3, up to 0.68'
says heads 'L1H2  0.63'
says heads 'layer 1: induction score, period 24'
says formation 'L0H2 fades from 0.44 to 0.10; period 40 falls from 0.70 to 0.38'
says periods 'Epoch 4,000: accuracy at least 0.95 in the trained periods, outside as low as 0.40 at period 40'
says periods 'epoch 1,000'
says strategy 'Period 40: content wins from epoch 1,200, position from 3,200; margin ends at -4.25, pseudo-offsets at 0.72'
says strategy 'period 24  +9.5'
says strategy 'weights in the mixture of rules nearest to the model, period 40'
says lens 'At period 24 layer 1 lifts accuracy from 0.00 to 0.95'
says lens 'layer 0  0.00'
says edges 'Without L0H0 in the keys of L1H0 the right logit changes by -3.50; attributions are off by 0.60 of all effects'
says edges 'integrated  0.50'
says edges 'epoch 2,000'
says edges 'layer 1'
says norms 'The embedding ends with 0.60 of its norm; decay alone would leave 0.67'
says norms 'unembedding  1.50'
says spectrum 'Effective rank of QK: lowest L0H0, 1.5 of 4; of OV: lowest L1H0, 3.5 of 4'
says spectrum 'L1H1 OV'
says circuit 'Through L0H0, L1H0 matches 0.97 of the tokens; L1H0 copies 0.80'
says compose 'K-composition: L0H0→L1H0 ends highest, at 0.40; L0H1→L1H1 once had 0.53'
says compose 'L0H2→L1H0 0.08'
says ablate 'Without L0H1 accuracy changes by -0.48 at period 24, -0.46 at period 10'
says ablate 'period 24 (trained), heads of layer 0'
says shapley 'L0H0 gives 0.54 of the accuracy of 0.94 at period 24'
says llc 'The coefficient peaks at 0.98, epoch 2,000, and ends at 0.14; highest of a head: L0H1, 0.11'
says llc 'a `touch ran` run · 2L-varied · seed 67 · trained on periods 20–29 · nβ 9.23, γ 10000 · bands: 95 % over chains'
says llc 'each head of layer 1, all else held'
says llc 'L0H1  0.015'
says paths "The path through L1H2 gives +4.50 of the right token's logit of +9.25"
says split 'In L1H0 positions alone score trained offsets +1.50 against longer ones'
says bump 'Without the position term period 40 rises from 0.30 to 0.69'
says graft 'L0H2 of epoch 2,000 in epoch 4,000: +0.60 at period 40'
says study 'Period 40 falls from 0.70 to 0.30; with an earlier L0H2 0.55, without positions 0.69'
says study 'L0H1 instead  0.40'

asked() { # PROGRAM OPTIONS: once
    expect_true "once: $1 $2: $(grep "induct-$1 " log)" \
        test "$(grep -cF -- "induct-$1 $run $2" log)" = 1
}
asked score '--baseline --intervals --period 24 --threads'
asked ablate '--each --sequences 32 --periods 24,10,15,35,40 --threads'
asked split '--epochs 400,1000,2000,4000 --sequences 32 --threads'
asked split '--bump --sequences 32 --threads'
asked split '--drop pp --sequences 32 --periods 24,10,15,35,40 --threads'
# The head and the epoch are chosen by role: the once strongest, when period 40 was best.
asked graft '--head L0H0 --from ::500 --into ::500 --sequences 32 --resamples 200 --periods 35,40 --threads'
asked graft '--head L0H0 --from 2800 --into ::1 --placebo --sequences 32 --resamples 0 --periods 10,15,35,40 --threads'
asked eval '--epochs 200,400,1000,2000,4000 --periods 5:40:1 --threads'
asked strategy '--sequences 32 --resamples 200 --periods 24,10,15,35,40 --threads'
asked llc '--heads L* --chains 4 --burn-in 15 --steps 15 --step-size 3e-5 --threads'
asked lens '--sequences 32 --resamples 200 --periods 24,40 --threads'
asked edges '--agreement --sequences 32 --resamples 200 --period 24 --threads'
asked edges '--epochs 1800,2000,4000 --sequences 32 --resamples 0 --ig 0 --period 24 --threads'
asked pattern '--quiet --period 24 --epochs 4000 --threads'

# Names at the ends of curves keep a line's height apart, in whatever order the curves end.
awk -F'[(,)"]' '/transform="translate/ { y = $4 } />L0H[0-9]  / { print y }' \
    "$run/figures/heads.svg" | head -n 4 | sort -n >heights
expect_true "names do not overlap: $(tr '\n' ' ' <heights)" \
    awk 'NR > 1 && $1 - last < 13 { exit 1 } { last = $1 } END { if (NR != 4) exit 1 }' heights

# ---- Again: only what changed. -----------------------------------------------------------------

plots
expect_stdout ''
expect_stderr "induct-plots: up to date: $run/figures"
expect_true "nothing was made" test ! -s log

plots --log --figures training,heads --format svg
drawn heads.svg training.svg
plots --log --figures heads --format svg,pdf
drawn heads.pdf
expect_true "a PDF" test "$(head -c 4 "$run/figures/heads.pdf")" = %PDF

touch -d '1 minute' "$run/metrics.tsv" # newer than what was drawn from it
plots --figures training
drawn training.png training.svg
touch "$run/metrics.tsv"
plots
touch -d '1 hour' "$run/figures/heads.png" # drawn before somebody set the clock back
plots --figures heads
drawn heads.png
touch -d '1 hour' "$run/tables/scores.tsv"
plots --figures heads
drawn heads.png heads.svg
expect_true "the table is not made again" grep -q '^induct-score' log
cp "$run/epoch-00000000.safetensors" "$run/epoch-00004200.safetensors"
plots --figures heads,periods
# shellcheck disable=SC2046,SC2086
drawn $(both heads periods)
asked eval '--epochs 200,400,1000,2000,4200 --periods 5:40:1 --threads'

# Elsewhere, with a head and an epoch of one's own.
: >log
expect_exit 0 bin/induct-plots "$run" -o elsewhere --figures study --head L0H2 --from 2000 -n 7 --format png
expect_stdout 'elsewhere/figures/study.png'
asked graft '--head L0H2 --from 2000 --into ::1 --placebo --sequences 7 --resamples 0 --periods 10,15,35,40 --threads'

# ---- What cannot be drawn. ---------------------------------------------------------------------

refused() { # TEXT OPTION...: exit status 1, TEXT once and nothing else, nothing half done
    expect_exit 1 bin/induct-plots "$run" "${@:2}"
    expect_stderr_has "$1"
    expect_true "nothing half done" test -z "$(find . -name '.part*' -o -name '*.tmp')"
}
expect_exit 64 bin/induct-plots "$run" --figures heads,pie
expect_stderr_has "there is no figure 'pie'; there are: pattern, training, heads"
expect_exit 64 bin/induct-plots "$run" --format gif
expect_stderr_has "--format: 'gif' is none of png, svg, pdf"
expect_exit 64 bin/induct-plots "$run" --log --linear

rm "$run/figures/heads.png"
sed 's/prev_token/previous/' golden/scores.tsv >"$run/tables/scores.tsv"
refused "tables/scores.tsv: no column 'prev_token'; there are: epoch, head, previous" --figures heads
head -n 2 golden/scores.tsv >"$run/tables/scores.tsv"
refused 'tables/scores.tsv: no rows' --figures heads
rm "$run/tables/scores.tsv"
printf '#!/bin/bash\necho "induct-score: no such head" >&2; exit 1\n' >bin/induct-score
refused "$run/tables/scores.tsv: induct-score failed (exit status 1)" --figures heads
expect_stderr_has 'induct-score: no such head'
expect_no_file "$run/figures/heads.png"
stand_in score scores.tsv
echo 'plot nonsense' >>share/induct/plots/heads.gp
refused 'gnuplot failed (exit status 1)' --figures heads
expect_no_file "$run/figures/heads.png"
GNUPLOT=no-such-plotter expect_exit 1 bin/induct-plots "$run"
expect_stderr_has 'figures are drawn by gnuplot (Debian: gnuplot-nox)'
expect_exit 1 bin/induct-plots runs/none
expect_stderr_has 'runs/none'
touch runs/file
refused "figures and tables go to the run's folder, or to -o FOLDER: runs/file" -o runs/file
if [[ $EUID != 0 ]]; then
    mkdir locked && chmod a-w locked
    refused "figures and tables go to the run's folder, or to -o FOLDER: locked" -o locked
fi
