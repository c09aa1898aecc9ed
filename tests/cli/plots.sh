#!/bin/bash
# Figures from the golden tables of tests/plots (made up, not measured): what is drawn, when it is
# drawn again, and what is said when it cannot be. The programs are stand-ins that hand out the
# golden tables and keep a log, so that this is a test of plots/ alone.
set -euo pipefail

command -v gnuplot >/dev/null || { echo "skipped: no gnuplot"; exit 77; }
golden=$INDUCT_SOURCE/tests/plots
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export LC_ALL=C     # as in a bare container: figures are UTF-8 nevertheless

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# ---- A run of no weights, and programs of no work. ---------------------------------------------

mkdir bin
programs='score:scores.tsv eval:periods.tsv pattern:pixel.png circuit:circuit.tsv compose:compose.tsv
    svd:spectrum.tsv ablate:ablate.tsv split:split.tsv graft:graft.tsv'
for program in $programs; do
    cat >"bin/induct-${program%%:*}" <<END
#!/bin/bash
echo "\$(basename "\$0") \$*" >>"$folder/log"
table=${program##*:}
while [[ \$# -gt 0 ]]; do
    case \$1 in
        -o) out=\$2; shift ;;
        --norms) table=norms.tsv ;;
        --bump) table=bump.tsv ;;
        --drop) table=drop.tsv ;;
        --placebo) table=rescue.tsv ;;
    esac
    shift
done
cp "$folder/golden/\$table" "\$out"
END
done
chmod +x bin/*
cp -r "$golden" golden
printf '\x89PNG\r\n\x1a\n' >golden/pixel.png

# A blank, and what a shell would run: neither may matter.
run='runs/a `touch ran` run'
mkdir -p "$run"
cp golden/config.json golden/metrics.tsv "$run"
for ((epoch = 0; epoch <= 4000; epoch += 200)); do
    : >"$run/$(printf 'epoch-%08d.safetensors' $epoch)"
done

plots() {
    unset INDUCT_RUN MAKEFLAGS MAKELEVEL
    : >log
    make -f "$INDUCT_SOURCE/plots/plots.mk" BIN=bin "$@" >drawn 2>said
}
drawn() { # FIGURE...: exactly these were drawn
    diff <(printf "$run/figures/%s\n" "$@" | sort) <(sort drawn) || fail "drawn: $(cat drawn)"
}

# ---- Everything, once. -------------------------------------------------------------------------

plots -j2 || fail "plots: $(cat said)"
[[ ! -e ran && ! -e $run/ran ]] || fail "a name of a folder was run as a command"
all=()
for figure in training heads formation periods norms spectrum circuit compose ablate split bump graft \
    study; do
    all+=("$figure.png" "$figure.svg")
done
drawn "${all[@]}" pattern-{first,middle,last}.png
[[ -z $(grep -v '^plots: runs/a' said) ]] || fail "warnings: $(cat said)"

number() { # FILE OFFSET: four bytes, the highest first
    od -An -j "$2" -N 4 -t u1 "$1" | awk '{ print (($1 * 256 + $2) * 256 + $3) * 256 + $4 }'
}
for size in training:660 heads:530 formation:560 periods:460 norms:640 spectrum:556 circuit:668 \
    compose:636 ablate:692 split:568 bump:828 graft:496 study:1034; do
    figure=$run/figures/${size%%:*} height=${size##*:}
    [[ $(od -An -N 8 -t x1 "$figure.png") == " 89 50 4e 47 0d 0a 1a 0a" ]] ||
        fail "$figure.png: no PNG"
    [[ $(tail -c 8 "$figure.png" | head -c 4) == IEND ]] || fail "$figure.png: cut short"
    [[ $(number "$figure.png" 16) == 1800 && $(number "$figure.png" 20) == $((2 * height)) ]] ||
        fail "$figure.png: $(number "$figure.png" 16) x $(number "$figure.png" 20)"
    grep -q "width=\"900\" height=\"$height\"" "$figure.svg" || fail "$figure.svg: size"
    [[ $(tail -c 20 "$figure.svg") == *'</svg>'* ]] || fail "$figure.svg: cut short"
    ! grep -q '>[^<]*nan' "$figure.svg" || fail "$figure.svg: nan"
done

says() { # FIGURE TEXT: stands in the picture as one piece of text
    grep -qF ">$2</text>" "$run/figures/$1.svg" || fail "$1 does not say '$2'"
}
says training 'Induction accuracy passes 0.5 at epoch 2,100 and ends at 0.96'
says training 'floor 1.648'
says training 'period 40  0.30'
says training 'a `touch ran` run · 2L-varied · seed 67 · trained on periods 20–29'
says heads 'Strongest previous-token head: L0H0, up to 0.75; induction: L1H3, up to 0.68'
says heads 'L1H2  0.63'
says formation 'L0H2 fades from 0.44 to 0.10; period 40 falls from 0.70 to 0.30'
says periods 'Epoch 4,000: accuracy 0.95 in the trained periods, down to 0.40 at period 40'
says periods 'epoch 1,000'
says norms "The tokens' embedding: 0.60 of its norm; token 0: 0.67; decay alone: 0.67"
says norms 'unembedding  1.50'
says spectrum 'Effective rank of QK: lowest L0H0, 1.5 of 4; of OV: lowest L1H0, 3.5 of 4'
says spectrum 'L1H1 OV'
says circuit 'Through L0H0, L1H0 matches 0.97 of the tokens; L1H0 copies 0.80'
says compose 'K-composition: L0H0→L1H0 ends highest, at 0.40; L0H1→L1H1 once had 0.53'
says compose 'L0H2→L1H0 0.08'
says ablate 'Without L0H1 accuracy changes by -0.48 at period 24, -0.46 at period 10'
says ablate 'period 24, trained'
says split 'Epoch 4,000: positions alone give L1H0 +3.15 at trained offsets'
says bump 'Without the position term, period 40 rises from 0.30 to 0.69'
says graft 'L0H2 of epoch 2,000 in epoch 4,000: +0.60 at period 40'
says study 'Period 40 falls from 0.70 to 0.30; L0H2 put back 0.55, no positions 0.69'
says study 'L0H1 instead  0.40'
asked() { # PROGRAM OPTIONS: once
    [[ $(grep -cF -- "induct-$1 $run $2" log) == 1 ]] || fail "not asked once: $1 $2: $(grep "$1" log)"
}
asked ablate '--head L0H* --each --epochs ::1 --sequences 32 --periods 24,10,15,35,40 -o'
asked split '--epochs 400,1000,2000,4000 --sequences 32 -o'
asked split '--bump --epochs ::1 --sequences 32 -o'
asked split '--drop pp --epochs ::1 --sequences 32 --periods 24,10,15,35,40 -o'
# The head and the epoch are chosen by role: the once strongest, when period 40 was best.
asked graft '--head L0H0 --from ::500 --into ::500 --sequences 32 --resamples 0 --periods 35,40 -o'
asked graft '--head L0H0 --from 2800 --into ::1 --placebo --sequences 32 --resamples 0 --periods 10,15,35,40 -o'
grep -qF -- "--epochs 200,400,1000,2000,4000 --periods 5:40 -o $run/tables/periods.tsv" log ||
    fail "induct-eval was asked for: $(grep eval log)"
for epoch in 0 2000 4000; do
    grep -q -- "--epochs $epoch -o" log || fail "no pattern at epoch $epoch: $(cat log)"
done

# Names at the ends of curves keep a line's height apart, in whatever order the curves end.
awk -F'[(,)"]' '/transform="translate/ { y = $4 } />L0H[0-9]  / { print y }' \
    "$run/figures/heads.svg" | head -n 4 | sort -n |
    awk 'NR > 1 && $1 - last < 13 { exit 1 } { last = $1 } END { if (NR != 4) exit 1 }' ||
    fail "names overlap"

# ---- Again: only what changed. -----------------------------------------------------------------

plots || fail "again: $(cat said)"
[[ ! -s drawn && ! -s log ]] || fail "drawn again: $(cat drawn log)"

touch "$run/metrics.tsv"
plots
drawn {training,formation,study}.{png,svg}
[[ $(wc -l <log) == 1 ]] && grep -q -- --placebo log || fail "new metrics ran $(cat log)"

plots XSCALE=log
drawn {training,heads,formation,norms,spectrum,circuit,compose,ablate,bump,study}.{png,svg}
[[ -z $(grep -v "^plots: runs/a" said) ]] || fail "warnings: $(cat said)"
plots
drawn {training,heads,formation,norms,spectrum,circuit,compose,ablate,bump,study}.{png,svg}

plots EPOCHS=4000
drawn {periods,split}.{png,svg}
[[ $(wc -l <log) == 2 ]] || fail "other epochs ran $(cat log)"
plots

: >"$run/epoch-00004200.safetensors"
plots
drawn {heads,formation,periods,norms,spectrum,circuit,compose,ablate,split,bump,graft,study}.{png,svg} \
    pattern-last.png

# What a model has not is left out, with a word; FIGURES chooses.
sed 's/"n_layers": *2/"n_layers": 1/' golden/config.json >"$run/config.json"
touch "$run"/tables/*
plots || fail "one layer: $(cat said)"
! grep -qE 'compose|split|bump|graft|study' drawn || fail "composition of one layer: $(cat drawn)"
grep -qxF "plots: $run: one layer: no compose split bump graft study" said || fail "one layer: $(cat said)"
sed 's/"normalization_type": *null/"normalization_type": "LN"/' golden/config.json >"$run/config.json"
touch "$run"/tables/*
plots FIGURES='split bump study' || fail "LayerNorm: $(cat said)"
drawn study.{png,svg}
! grep -q 'no positions' "$run/figures/study.svg" || fail 'a split of a model with LayerNorm'
grep -qxF "plots: $run: scores cannot be split into content and position: no split bump" said ||
    fail "LayerNorm: $(cat said)"
cp golden/config.json "$run"
touch "$run"/tables/*
plots FIGURES='compose periods'
drawn {compose,periods}.{png,svg}
! plots FIGURES='compose pie' || fail 'a figure that is none went unnoticed'
grep -qF 'plots: no figure pie; there are: heads ' said || fail "no figure: $(cat said)"
plots

# A torn last row of a dying trainer is left out.
head -c -12 golden/metrics.tsv >"$run/metrics.tsv"
plots || fail "torn: $(cat said)"
[[ -z $(grep -v '^plots: runs/a' said) ]] || fail "torn: $(cat said)"
says training 'Induction accuracy passes 0.5 at epoch 2,100 and ends at 0.96'

# ---- What cannot be drawn. ---------------------------------------------------------------------

refused() { # TEXT FIGURE: make fails, says TEXT once, leaves nothing of FIGURE half done
    [[ $(grep -cF "$1" said) == 1 ]] || fail "not said once: $1: $(cat said)"
    [[ -z $(grep -v -e "$1" -e '^make' -e '^plots: runs/a' said) ]] || fail "more said: $(cat said)"
    [[ ! -e $run/figures/$2.png ]] || fail "$2.png is there"
    [[ -z $(find "$run" -name '.part*') ]] || fail "half a figure: $(ls -A "$run/figures")"
}

rm "$run"/figures/heads.*
sed 's/prev_token/previous/' golden/scores.tsv >"$run/tables/scores.tsv"
! plots || fail "a missing column went unnoticed"
refused "plots: tables/scores.tsv: no column 'prev_token' among: epoch head previous" heads

head -n 2 golden/scores.tsv >"$run/tables/scores.tsv"
! plots || fail "an empty table went unnoticed"
refused 'plots: tables/scores.tsv: no rows' heads

rm "$run/tables/scores.tsv"
printf '#!/bin/bash\necho "induct-score: no such head" >&2; exit 1\n' >bin/induct-score
! plots || fail "a failing program went unnoticed"
refused 'induct-score: no such head' heads

! plots RUN=runs/none || fail "no such run went unnoticed"
grep -qF 'plots: runs/none: no such folder' said || fail "no such run: $(cat said)"
mkdir runs/empty
! plots RUN=runs/empty || fail "an empty run went unnoticed"
grep -qF 'plots: runs/empty: no checkpoint' said || fail "an empty run: $(cat said)"
echo "plots: ok"
