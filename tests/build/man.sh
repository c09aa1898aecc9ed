#!/bin/bash
# Manual pages as man shows them have the lines of --help that are there to be copied or looked up: each
# command of the examples, and each word of a list ("  word  what it is") begins a line. induct(1) names
# every variable of the environment that a program heeds.
set -euo pipefail
pages=$INDUCT_BUILD/man
[[ -f $pages/induct-train.1 ]] || { echo "skipped: no manual pages (help2man)"; exit 77; }
command -v man >/dev/null || { echo "skipped: no man (Debian: man-db)"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
shown() { LC_ALL=C MANWIDTH=200 MAN_KEEP_FORMATTING='' man -l "$1" | sed 's/^ *//; s/  */ /g'; }
missing() { # missing PAGE LINE
    echo "$1: no line begins with '$2'"
    failures=$((failures + 1))
}

examples=0
for page in "$pages"/induct-*.1; do
    name=${page##*/} name=${name%.1}
    shown "$page" >"$scratch/page"
    "$INDUCT_BIN/$name" --help >"$scratch/help"
    while read -r line; do
        read -r -a words <<<"$line"
        awk -v line="${words[*]}" 'index($0, line) == 1 { found = 1 } END { exit !found }' "$scratch/page" ||
            missing "$name" "${words[*]}"
        examples=$((examples + 1))
    done < <(sed -n '/^Examples:/,$s/^  *\([A-Za-z$].*\)/\1/p' "$scratch/help")
done
[[ $examples -gt 60 ]] || { echo "only $examples examples"; exit 1; }

shown "$pages/induct-sweep.1" >"$scratch/page"
for word in folder name vary '# begins'; do
    grep -q "^$word" "$scratch/page" || missing induct-sweep "$word"
done
margin() { LC_ALL=C MANWIDTH=200 man -l "$pages/induct-sweep.1" | sed -n "s/^\( *\)$1.*/\1/p" | head -n 1; }
[[ $(margin 'vary --lr') == "$(margin 'name NAME')" ]] || missing induct-sweep 'vary, as far left as name'

# What is asked of the environment, in C and in the demo's head, is said.
shown "$pages/induct.1" >"$scratch/page"
cd "$INDUCT_SOURCE"
names=$(grep -rhoE 'getenv\("[A-Z_]+"\)' lib train analyze | grep -oE '[A-Z_]{3,}' | grep -vx PATH | sort -u
    sed -n '/^Environment:/,/^$/s/^  \([A-Z_]*\) .*/\1/p' plots/demo.sh; echo baseline avx2 avx512 NO_COLOR LC_CTYPE)
[[ $(wc -w <<<"$names") -gt 9 ]] || { echo "only $names"; exit 1; }
for name in $names; do
    sed -n '/^ENVIRONMENT/,/^FILES/p' "$scratch/page" | grep -qw "$name" || { echo "induct(1), ENVIRONMENT lacks $name"; failures=1; }
done
[[ $failures -eq 0 ]]
