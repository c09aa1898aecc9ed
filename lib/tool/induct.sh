#!/bin/sh
# induct, the front of all programs: `induct score RUN` is `induct-score RUN`. What it lists are the programs
# beside it, each with the line that its own --help has of itself.
set -eu

# Beside this script, as it was called, the programs lie (in build/bin it is a link); else where a link leads.
self=$0
while programs=$(dirname -- "$self") && [ ! -x "$programs/induct-train" ] && [ -L "$self" ]; do
    link=$(readlink -- "$self")
    case $link in
    /*) self=$link ;;
    *) self=$programs/$link ;;
    esac
done
programs=${INDUCT_BIN:-$programs}

usage() {
    cat <<'END'
Usage: induct PROGRAM [ARGUMENT...]
the front of all of induct's programs: `induct score RUN` is `induct-score RUN`

END
}

# The first prose of --help after the usage, which may have been wrapped, without its full stop.
about() {
    "$1" --help | sed '/^Usage:/d; /^ *$/,$d' | tr '\n' ' ' | sed 's/\.\{0,1\} *$//'
}

list() {
    echo "Programs:"
    for program in "$programs"/induct-*; do
        [ -x "$program" ] || continue
        name=${program##*/induct-}
        printf '%s\t%s\n' "$name" "$(about "$program")"
    done | awk -F '\t' '{
        count = split($2, words, " ")
        line = sprintf("  %-9s", $1)
        for (i = 1; i <= count; i++) {
            if (length(line) + length(words[i]) > 78) { print line; line = sprintf("%11s", "") }
            line = line " " words[i]
        }
        print line
    }'
}

rest() {
    cat <<'END'

      --help                 this help; `induct help score` is induct-score's
      --about NAME           the line above of one program
  -V, --version              version, revision, compiler and the BLAS in use

Environment:
  INDUCT_BIN  the folder of the programs, in place of induct's own

Examples:
  induct train --preset 2L-varied --epochs 3000 --live
  induct score -o scores.tsv
END
}

# What the programs say of themselves, as this one.
version() {
    said=$("$programs/induct-train" --version)
    printf '%s\n' "$said" | sed '1s/^.* /induct /'
    count=0
    for program in "$programs"/induct-*; do
        [ ! -x "$program" ] || count=$((count + 1))
    done
    echo "$count programs in $(cd -- "$programs" && pwd)"
}

# The path to a program by its name without "induct-"; says so if there is none.
find_program() {
    program=$programs/induct-$1
    case $1 in
    */* | '') ;;
    *) [ ! -x "$program" ] || return 0 ;;
    esac
    echo "induct: there is no program '$1' (\`induct --help\` lists them)" >&2
    exit 64
}

if [ ! -x "$programs/induct-train" ]; then
    echo "induct: no induct-train in $programs (\$INDUCT_BIN names another folder)" >&2
    exit 1
fi
case $#,${1:-} in
0,)
    usage >&2
    list >&2
    exit 64
    ;;
1,--help | 1,-h | 1,help)
    usage
    list
    rest
    ;;
1,--version | 1,-V) version ;;
2,help)
    find_program "${2#induct-}"
    exec "$program" --help
    ;;
2,--about)
    find_program "${2#induct-}"
    printf '%s\n' "$(about "$program")"
    ;;
*,-*)
    echo "induct: '$1' comes before a program (\`induct --help\` lists them)" >&2
    exit 64
    ;;
*)
    find_program "$1"
    shift
    exec "$program" "$@"
    ;;
esac
