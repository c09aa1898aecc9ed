#!/bin/sh
# What bash, zsh and fish offer for a half-typed command line of one of induct's programs:
#
#   completion.sh PROGRAM CURRENT WORD...
#
# CURRENT is the word at the cursor, as far as it is typed, WORD... those between the program and it. Prints a
# candidate a line, a tab and what it is (which may be empty). Nothing means: names of files. It asks the
# program itself (--help, and its refusal of a value that is none) and looks at the run on the command line.
set -u
program=$1 current=$2
shift 2

# Of the front (`induct score --col`) the first word says which program.
front=no
if [ "${program##*/}" = induct ]; then
    case ${1:-help} in
    help | --about) front=yes ;;
    *)
        program=$program-$1
        shift
        ;;
    esac
fi

# Options as --help lists them; the description is what stands behind it.
options() {
    "$program" --help 2>/dev/null | sed -nE 's/^ {2,6}(-[a-zA-Z], )?(--[a-z0-9-]+)(=[^ ]*)?( +(.*))?$/\2\t\5/p'
}

# A list of --help, NAME and what it is, behind the line that is $1 and maybe an empty one.
listed() {
    "$program" --help 2>/dev/null | awk -v heading="$1" '
        $0 ~ heading "$" { on = 1; next }
        on && /^$/ && !n { next }
        on && /^  [^ ]/ { name = $1; n++; $1 = ""; sub(/^ /, ""); print name "\t" $0; next }
        on && !/^    / { exit }'
}

# Words of an option of one of a few, as the refusal of any other lists them. The option that no program
# has keeps it from doing anything where "?" is a value like others.
refused() {
    "$program" "$1=?" --no-such-option 2>&1 </dev/null | sed -nE "1s/, /\\n/g;1s/^.*'\\?' is none of //p"
}

# ---- Of a run ------------------------------------------------------------------------------------

is_run() {
    [ -f "$1/config.json" ] && return
    for file in "$1"/epoch-*.safetensors; do
        [ -f "$file" ] && return
    done
    return 1
}

# The first on the command line, else what the programs take when none is named.
find_run() {
    for word in "$@" "${INDUCT_RUN:-}" . ckpts; do
        [ -n "$word" ] && is_run "$word" && echo "$word" && return
    done
    for word in $(ls -td runs/*/ 2>/dev/null); do
        is_run "$word" && echo "$word" && return
    done
}

heads_of() {
    [ -f "$1/config.json" ] && awk '
        /"n_layers": / { layers = $2 + 0 }
        /"n_heads": / { heads = $2 + 0 }
        END { for (l = 0; l < layers; l++) for (h = 0; h < heads; h++) print "L" l "H" h }' "$1/config.json"
}

epochs_of() { # RUN KIND: epoch or state
    ls "$1" 2>/dev/null | sed -nE "s/^$2-0*([0-9]+)\\.safetensors\$/\\1/p"
}

# Columns of the tables on the command line, a run's being those of its metrics.tsv.
columns_of() {
    for word in "$@"; do
        [ -d "$word" ] && word=$word/metrics.tsv
        case $word in
        *.tsv) [ -f "$word" ] && sed -n '/^#/!{p;q;}' "$word" | tr '\t' '\n' ;;
        esac
    done | sort -u
}

# ---- Of an option ----------------------------------------------------------------------------------

values() { # values OPTION WORD...
    option=$1
    shift
    case ${program##*/}:$option in
    induct-train:--preset) "$program" --preset '?' 2>&1 </dev/null | sed -nE '1s/, /\n/g;1s/^.*there are //p' ;;
    induct-train:--from) epochs_of "${current%@*}" state ;;
    induct-train:--*epoch* | induct-train:--heads | induct-seeds:--at) ;;
    induct-plots:--figures) listed 'There are:' ;;
    induct-plots:--format) printf '%s\n' png svg pdf ;;
    *:--score | *:--log-scores)
        "${program%induct-*}induct-score" --list 2>/dev/null |
            awk -F '\t' '!/^#/ && $1 != "score" { sub(/\(.*/, "", $1); print $1 "\t" $5 }'
        ;;
    *:--columns) listed 'Columns.*:' ;;
    *:--column) columns_of "$@" ;;
    *:--epochs | *:--epoch | *:--at | *:--into | *:--from | *:--role-at | *:--window)
        printf '%s\n' first last
        epochs_of "$(find_run "$@")" epoch
        ;;
    *:--heads | *:--head | *:--pair) heads_of "$(find_run "$@")" ;;
    induct-circuit:--matrix)
        run=$(find_run "$@")
        [ -n "$run" ] && "$program" "$run" --matrix '?' 2>&1 </dev/null |
            sed -nE '/: no matrix/{s/^.*there are //;s/ and /, /;s/HEAD$//;s/, /\n/g;p;}'
        ;;
    *) refused "$option" ;;
    esac
}

# Of a list (L0H0,L1) or a range (0:20) what is being typed is its last part: the others stand before
# every candidate.
with_front() {
    front=$1 list=$2
    case $list in
    *[,:@]*) front=$front${list%"${list##*[,:@]}"} ;;
    esac
    awk -v front="$front" 'NF { print front $0 }'
}

last=
for word; do
    last=$word
done
case $current in
--*=*) values "${current%%=*}" "$@" | with_front "${current%%=*}=" "${current#*=}" ;;
-*) options ;;
*)
    [ $front = no ] || listed Programs:
    case $last in
    --*) values "$last" "$@" | with_front '' "$current" ;;
    esac
    ;;
esac
