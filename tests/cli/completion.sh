#!/bin/bash
# Completion in bash: what is offered for a half-typed command line.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

cat >induct-some <<'END'
#!/bin/sh
[ "$1" = --help ] && cat <<HELP
Usage: induct-some [OPTION...] [RUN]
Some program, not to be taken for --an-option

 Evaluation:
      --sequences=N          sequences; see --not-an-option
  -q, --quiet                no progress
      --epochs=A:B:C         epochs
      --d-head=N             width
      --usage                in short

Examples:
  induct-some --example
HELP
END
chmod +x induct-some
PATH=$PWD:$PATH
source "$INDUCT_SOURCE/lib/tool/completion.bash"

expect_offered() { # expect_offered OFFERS WORD...: for the command line induct-some WORD...
    local wanted=$1
    COMP_WORDS=(induct-some "${@:2}")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _induct induct-some "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    [[ ${COMPREPLY[*]} == "$wanted" ]] ||
        cli_fail "for '${*:2}' it offers '${COMPREPLY[*]}', expected '$wanted'"
}

expect_offered '--sequences --quiet --epochs --d-head --usage' -
expect_offered '--sequences' run --seq
expect_offered '--d-head' --d
expect_offered '' --an
expect_offered '' --not
expect_offered '' --ex
expect_offered 'tsv csv jsonl' --format ''
expect_offered 'csv' --format c
expect_offered 'csv' --format = c
expect_offered 'tsv csv jsonl' --format =
expect_offered 'first last' --epochs ''
expect_offered '' ru
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny
expect_offered 'L1H0 L1H1' tiny --heads L1

# Of the programs themselves: words that only they know.
expect_words() { # expect_words PROGRAM OPTION OFFERS
    local offered
    offered=$(_induct_words "$1" "$2" | xargs)
    [[ $offered == "$3" ]] || cli_fail "for '$1 $2' it offers '$offered', expected '$3'"
}
expect_words induct-train --positions 'sinusoidal learned none rotary shortformer'
expect_words induct-svd --matrix 'qk ov'
expect_words induct-train --preset "$(induct-train --preset '?' 2>&1 | sed -n '1s/,//g;1s/.*there are //p')"
expect_true 'scores are offered' grep -qw positional_prev_token <<<"$(_induct_words induct-score --score)"
expect_words induct-score --output ''
expect_true 'nothing is done on the way' test ! -e '?'
[[ $(complete -p induct-some) == *'-F _induct induct-some' ]] || cli_fail "it is not registered"
