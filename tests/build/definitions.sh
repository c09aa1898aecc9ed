#!/bin/bash
# "DEFINITIONS, section N" anywhere in the sources names a section that lib/DEFINITIONS.md has, and every
# head score has a row of its table.
set -euo pipefail
cd "$INDUCT_SOURCE"

mapfile -t files < <(find lib include train analyze plots tests -type f \
    \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.js' -o -name '*.md' \) \
    ! -path tests/build/definitions.sh | sort)

# A reference may be broken over two lines of a comment: each line is read with the next, comment stars
# dropped, and counted where it begins.
references=$(awk '
    function report(text,    word) {
        while (match(text, /DEFINITIONS,? sections? [0-9]+(, [0-9]+)*( and [0-9]+)?/)) {
            word = substr(text, RSTART, RLENGTH)
            text = substr(text, RSTART + RLENGTH)
            while (match(word, /[0-9]+/)) {
                print file, substr(word, RSTART, RLENGTH)
                word = substr(word, RSTART + RLENGTH)
            }
        }
    }
    FNR == 1 { if (held != "") report(held); held = ""; file = FILENAME }
    {
        line = $0
        sub(/^[ \t]*(\*|\/\/|#)?[ \t]*/, "", line)
        if (held != "") report(held " " line)
        held = index(line, "DEFINITIONS") ? line : ""
    }
    END { if (held != "") report(held) }' "${files[@]}" | sort -u)
[[ -n $references ]] || { echo "no header refers to lib/DEFINITIONS.md"; exit 1; }

failures=0
while read -r file section; do
    if ! grep -qE "^## $section\. " lib/DEFINITIONS.md; then
        echo "$file: DEFINITIONS, section $section: there is no such section"
        failures=$((failures + 1))
    fi
done <<<"$references"

for score in lib/score/*.c; do
    name=$(basename "$score" .c)
    if ! grep -q "^| \`$name\`" lib/DEFINITIONS.md; then
        echo "lib/DEFINITIONS.md has no row for the score $name"
        failures=$((failures + 1))
    fi
done
echo "$(wc -l <<<"$references") references, $(ls lib/score/*.c | wc -l) scores"
[[ $failures -eq 0 ]]
