#!/bin/bash
# Programs are declarations: no file of analyze/ is long, every main() is short, a program can be small.
set -euo pipefail
cd "$INDUCT_SOURCE"
FILE_LINES=250 MAIN_LINES=30 SMALLEST=80
failures=0
breach() { echo "$1"; failures=$((failures + 1)); }

smallest=100000
for file in analyze/*.[ch] analyze/*/*.[ch]; do
    # The lab is a page with its server, the sweep starts trainings, plots has figures made: no analyses.
    [[ $file =~ ^analyze/(lab|sweep|plots)(/|\.) ]] && continue
    lines=$(wc -l <"$file")
    [[ $lines -le $FILE_LINES ]] || breach "$file: $lines lines, at most $FILE_LINES"
    main=$(awk '/^int main\(/ { on = 1 } on { n++ } on && /^}/ { exit } END { print n + 0 }' "$file")
    [[ $main -le $MAIN_LINES ]] || breach "$file: main() of $main lines, at most $MAIN_LINES"
    if [[ $main -gt 0 && ! -d ${file%.c} && $lines -lt $smallest ]]; then
        smallest=$lines
    fi
done
[[ $smallest -le $SMALLEST ]] || breach "the smallest program has $smallest lines, more than $SMALLEST"
echo "smallest program: $smallest lines"
exit $((failures > 0))
