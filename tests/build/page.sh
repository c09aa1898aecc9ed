#!/bin/bash
# The page's modules: each can be parsed, and all of them put together. Needs node.
set -euo pipefail
command -v node >/dev/null || { echo "skipped: no node (.ci/setup page)"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

check() { # check FILE WHAT: as a module, which is strict
    cp "$1" "$scratch/module.mjs"
    node --check "$scratch/module.mjs" || { echo "$2 cannot be parsed"; failures=$((failures + 1)); }
}
for module in "$INDUCT_SOURCE"/analyze/lab/page/*.js; do
    check "$module" "${module##*/}"
    awk -v name="${module##*/}" 'length($0) > 110 { print name ":" FNR ": longer than 110"; bad = 1 }
        /[ \t]$/ { print name ":" FNR ": blank at the end"; bad = 1 } END { exit bad }' "$module" ||
        failures=$((failures + 1))
done
sed -n '/^<script type="module"/,/^<\/script>/p' "$INDUCT_BUILD/generated/lab.html" | sed '1d;$d' \
    >"$scratch/page.js"
[[ -s $scratch/page.js ]] || { echo "the page has no script"; failures=$((failures + 1)); }
check "$scratch/page.js" "the page"
[[ $failures -eq 0 ]]
