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

# A heading over options is set by help2man as more text of the option above it.
awk '/^\.IP$/ { held = 1; next }
    held { print (/^[A-Z][^.]*:$/ ? ".SS \"" $0 "\"" : ".IP\n" $0); held = 0; next }
    { print }
    END { if (held) print ".IP" }' "$page" >"$page.part"
mv "$page.part" "$page"
