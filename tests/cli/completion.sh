#!/bin/bash
# Completion: what is offered for a half-typed command line, in bash, and where they are, in zsh and fish.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

mkdir -p bin share/induct
ln -s "$INDUCT_SOURCE/lib/tool/completion.sh" share/induct
cat >bin/induct-some <<'END'
#!/bin/sh
[ "$1" = --help ] && cat <<HELP
Usage: induct-some [OPTION...] [RUN]
Some program, not to be taken for --an-option

 Evaluation:
      --sequences=N          sequences; see --not-an-option
  -q, --quiet                no progress
      --epochs=A:B:C         epochs
      --d-head=N             width
      --heads=HEADS          heads
      --columns=LIST         columns
      --usage                in short

Columns:
  epoch  optimizer steps
  loss   of the
         model

Examples:
  induct-some --example
HELP
case $1 in --format=*) echo "induct-some: --format: '?' is none of tsv, csv, jsonl" >&2 ;; esac
END
chmod +x bin/induct-some
PATH=$PWD/bin:$PATH
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny
options='--sequences --quiet --epochs --d-head --heads --columns --usage'

# What every shell must offer: OFFERS, then the words of the command line behind induct-some, the last
# of which is the one at the cursor.
expect_cases() { # expect_cases EXPECT
    "$1" "$options" -
    "$1" '--sequences' run --seq
    "$1" '--d-head' --d
    "$1" 'tsv csv jsonl' --format ''
    "$1" 'csv' --format c
    "$1" '--format=tsv --format=csv --format=jsonl' --format=
    "$1" '--format=csv' --format=c
    "$1" 'epoch loss' --columns ''
    "$1" 'epoch,loss' --columns epoch,l
    "$1" 'first last 0 1000 2000 3000' tiny --epochs ''
    "$1" '0:2000' tiny --epochs 0:2
    "$1" 'L1H0 L1H1' tiny --heads L1
    "$1" 'L0H0,L1H0 L0H0,L1H1' tiny --heads L0H0,L1
    "$1" 'tiny' ti
}

expect_offered() { # expect_offered SHELL OFFERED WANTED WORD...: in any order
    [[ $(printf '%s\n' $2 | sort) == "$(printf '%s\n' $3 | sort)" ]] ||
        cli_fail "$1: for '${*:4}' it offers '$2', expected '$3'"
}

# ---- bash ----------------------------------------------------------------------------------------

source "$INDUCT_SOURCE/lib/tool/completion.bash"

# As bash has it: a word for every = and :, and of a candidate what stands behind the last of them. No
# candidate: names of files, by bash.
expect_bash() {
    local wanted=$1 last=${*: -1} line front
    local -a want=()
    [[ $last == ti ]] && wanted=
    COMP_WORDS=(induct-some)
    for line in "${@:2}"; do
        while [[ $line =~ ^([^=:]*)([=:])(.*)$ ]]; do
            [[ -z ${BASH_REMATCH[1]} ]] || COMP_WORDS+=("${BASH_REMATCH[1]}")
            COMP_WORDS+=("${BASH_REMATCH[2]}")
            line=${BASH_REMATCH[3]}
        done
        [[ -z $line && ${COMP_WORDS[-1]} == [=:] ]] || COMP_WORDS+=("$line")
    done
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    front=${last%"${last##*[=:]}"}
    for line in $wanted; do want+=("${line#"$front"}"); done
    _induct induct-some "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    expect_offered bash "${COMPREPLY[*]}" "${want[*]-}" "${@:2}"
}
expect_cases expect_bash
expect_bash '' --an
expect_bash '' --not
expect_bash '' --ex
[[ $(complete -p induct-some) == *'-F _induct induct-some' ]] || cli_fail "it is not registered"

# The front: programs, then what the program has; the list of programs is that of its --help.
cat >bin/induct <<'END'
#!/bin/sh
printf 'Usage: induct PROGRAM\n\nPrograms:\n  score  heads,\n         all\n  some   others\n\n  -V, --version  which\n'
END
chmod +x bin/induct
expect_front() { # expect_front OFFERS CURRENT WORD...
    local offered
    offered=$(sh "$INDUCT_SOURCE/lib/tool/completion.sh" induct "${@:2}" | cut -f1 | paste -sd' ')
    [[ $offered == "$1" ]] || cli_fail "for 'induct ${*:3} $2' it offers '$offered', expected '$1'"
}
expect_front 'score some' ''
expect_front '--version' -
expect_front 'score some' s help
expect_front '--sequences --quiet --epochs --d-head --heads --columns --usage' - some
expect_front 'tsv csv jsonl' '' some run --format
COMP_WORDS=(induct some --heads L) COMP_CWORD=3
_induct induct L --heads
expect_offered bash "${COMPREPLY[*]-}" '' induct some --heads L
COMP_WORDS=(induct sc) COMP_CWORD=1
_induct induct sc induct
expect_offered bash "${COMPREPLY[*]}" 'score' induct sc
[[ $(complete -p induct) == *'-F _induct induct' ]] || cli_fail "induct is not registered"

# ---- The programs themselves: words that only they know --------------------------------------------

# expect_words OFFERS PROGRAM CURRENT WORD...
expect_words() {
    local offered
    offered=$(sh "$INDUCT_SOURCE/lib/tool/completion.sh" "$INDUCT_BIN/$2" "${@:3}" | cut -f1 | xargs)
    [[ $offered == "$1" ]] || cli_fail "for '${*:2}' it offers '$offered', expected '$1'"
}
expect_words 'sinusoidal learned none rotary shortformer' induct-train '' --positions
expect_words 'qk ov' induct-svd '' --matrix
expect_words "$(induct-train --preset '?' 2>&1 | sed -n '1s/,//g;1s/.*there are //p')" induct-train '' --preset
expect_words 'png svg pdf' induct-plots '' --format
expect_words '' induct-train '' --heads
expect_words '' induct-score '' --output
printf '# made\nepoch\tloss\n1\t2\n' >made.tsv
expect_words 'epoch loss' induct-onset '' made.tsv --column
mkdir parent && touch parent/state-00000020.safetensors parent/state-00000040.safetensors
expect_words 'parent@20 parent@40' induct-train parent@ --from
for figure in heads study; do
    sh "$INDUCT_SOURCE/lib/tool/completion.sh" "$INDUCT_BIN/induct-plots" '' --figures | cut -f1 | grep -qx "$figure" ||
        cli_fail "no figure $figure is offered"
done
sh "$INDUCT_SOURCE/lib/tool/completion.sh" "$INDUCT_BIN/induct-score" '' --score >scores
expect_true 'scores are offered, with what they are' grep -q "^positional_prev_token$(printf '\t')[a-z]" scores
expect_true 'nothing is done on the way' test ! -e '?'

# ---- zsh -----------------------------------------------------------------------------------------

left_out=()
if command -v zsh >/dev/null; then
    mkdir zsh
    cp "$INDUCT_SOURCE/lib/tool/completion.zsh" zsh/_induct
    # In a completion of zsh's own, at a prompt: compadd says what it is given, and adds it.
    expect_zsh() {
        local offered
        offered=$(zsh -f -c '
            fpath=($PWD/zsh $fpath)
            autoload -Uz _induct
            wanted=$1; shift
            words=(induct-some "$@") CURRENT=$#words+0 PREFIX=$words[-1]
            compadd() { for value in ${(P)@[-1]}; do [[ $value != $PREFIX* ]] || print -r -- $value; done }
            _files() { print -r -- $PREFIX*(N) }
            _induct' - "$@" | xargs)
        expect_offered zsh "$offered" "$@"
    }
    expect_cases expect_zsh
    offered=$(zsh -f -c 'fpath=($PWD/zsh $fpath); autoload -Uz _induct
        words=(induct sc) CURRENT=2 PREFIX=sc
        compadd() { for value in ${(P)@[-1]}; do [[ $value != $PREFIX* ]] || print -r -- $value; done }
        _induct')
    expect_offered zsh "$offered" score induct sc
    said=$(zsh -f -c 'fpath=($PWD/zsh $fpath); autoload -Uz compinit; compinit -u -D; print $_postpatcomps' 2>&1)
    [[ $(zsh -f -c 'fpath=($PWD/zsh $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[induct]') == _induct ]] ||
        cli_fail "zsh: induct is not registered"
    [[ $said == *_induct* ]] || cli_fail "zsh: induct's programs are not registered: $said"
else
    left_out+=(zsh)
fi

# ---- fish ----------------------------------------------------------------------------------------

if command -v fish >/dev/null; then
    mkdir -p fish home
    cp "$INDUCT_SOURCE/lib/tool/completion.fish" fish/induct-some.fish
    expect_fish() {
        local offered line=induct-some
        [[ $# -eq 1 ]] || line+=$(printf ' %s' "${@:2}")
        offered=$(HOME=$PWD/home fish --no-config -c 'source fish/induct-some.fish; complete -C "$argv"' -- "$line" |
            cut -f1 | sed 's,/$,,' | xargs)
        expect_offered fish "$offered" "$@"
    }
    expect_cases expect_fish
    cp fish/induct-some.fish fish/induct.fish
    offered=$(HOME=$PWD/home fish --no-config -c 'source fish/induct.fish; complete -C "induct sc"' | cut -f1)
    expect_offered fish "$offered" score induct sc
else
    left_out+=(fish)
fi
[[ ${#left_out[@]} -eq 0 ]] || echo "left out, not installed: ${left_out[*]}"
