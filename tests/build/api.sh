#!/bin/bash
# Doxygen makes pages of every public header without a warning, and they hold what the headers say.
set -euo pipefail
command -v doxygen >/dev/null || { echo "skipped: no doxygen"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

sed "s|^OUTPUT_DIRECTORY .*|OUTPUT_DIRECTORY = $scratch|" "$INDUCT_BUILD/api/Doxyfile" >"$scratch/Doxyfile"
doxygen "$scratch/Doxyfile" || { echo "Doxygen warns"; exit 1; }

headers=$(find "$INDUCT_SOURCE/include" -name '*.h' | wc -l)
pages=$(find "$scratch/html" -name '*_8h.html' | wc -l)
[[ $pages -eq $headers ]] || { echo "$pages pages of $headers headers"; exit 1; }

# expect PAGE TEXT: of the file's comment, a declaration's, a member's, a formula's
expect() {
    tr '\n' ' ' <"$scratch/html/$1" | sed 's/<[^>]*>//g' | grep -qF "$2" || { echo "$1 lacks: $2"; exit 1; }
}
expect compose_8h.html "Composition of an earlier head 1 (the writer) with a later head 2"
expect compose_8h.html "s = ||OV_1 QK_2||_F   / (||OV_1||_F ||QK_2||_F)"
expect compose_8h.html "NULL = none, "
expect structind__series.html "the run directory as given"
expect index.html "Errors are values"
echo "$pages headers"
