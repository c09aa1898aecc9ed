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
[[ $(complete -p induct-some) == *'-F _induct induct-some' ]] || cli_fail "it is not registered"
