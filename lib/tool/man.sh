#!/bin/sh
# man.sh PROGRAM VERSION PAGE: writes the manual page of PROGRAM from its --help.
# The one-line description is that of `induct --help`; a program whose --help fails, or says nothing of
# itself, fails the build here.
set -eu
program=$1 version=$2 page=$3

about=$(INDUCT_BIN=${program%/*} sh "${0%/*}/induct.sh" --about "${program##*/}")
if [ -z "$about" ]; then
    echo "$program: --help has no line that says what it does" >&2
    exit 1
fi
mkdir -p "${page%/*}"
cd "${program%/*}"      # help2man gives the path to a shell, which would trip over a space in it
"${HELP2MAN:-help2man}" --no-info --section=1 --source="induct $version" \
    --manual="induct" --version-string="$version" --name="$about" \
    --output="$page" "./${program##*/}"

# What --help has as lines, examples above all, help2man gives to be filled: they stay lines here, and one
# that goes on stays indented. A heading over options it takes for more text of the option above it.
awk 'function end() { if (lines) print ".fi"; lines = 0 }
    /^\.IP$/ { end(); held = 1; next }
    held && /^[A-Z][^.]*:$/ { print ".SS \"" $0 "\""; held = 0; next }
    held { print ".IP\n.nf"; lines = 1; held = 0 }
    lines && /^\.HP$/ { further = 1; next }
    /^\.(TP|HP|PP|SH|SS)/ { end() }
    { print (further ? "    " : "") $0; further = 0 }
    END { end() }' "$page" >"$page.part"
mv "$page.part" "$page"
