#!/bin/bash
# The source tree keeps the rules of tests/build/rules.awk.
set -euo pipefail
cd "$INDUCT_SOURCE"

mapfile -t files < <(
    find lib include train analyze plots tests -type f \
        \( -name '*.[ch]' -o -name '*.sh' -o -name '*.gp' -o -name '*.mk' \) 2>/dev/null | sort)
awk -f tests/build/rules.awk "${files[@]}"
echo "${#files[@]} files keep the rules"
