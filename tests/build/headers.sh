#!/bin/bash
# Every public header compiles alone: twice in one file, as C11, and as C++ where there is a
# compiler for it (no C++ keyword as a name, nothing that only C can read).
set -euo pipefail
cd "$INDUCT_SOURCE/include"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mapfile -t headers < <(find induct -name '*.h' | sort)
failures=0
try() { # try NAME COMPILER...: compiles $scratch/x.c with it
    if ! "${@:2}" -I. -fsyntax-only >"$scratch/said" 2>&1; then
        echo "$header does not compile alone as $1:"
        cat "$scratch/said"
        failures=$((failures + 1))
    fi
}

for header in "${headers[@]}"; do
    printf '#include <%s>\n#include <%s>\n' "$header" "$header" >"$scratch/x.c"
    try C "${INDUCT_CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror \
        "$scratch/x.c"
    if command -v g++ >/dev/null; then
        try C++ g++ -std=c++17 -Wall -Wextra -Werror -x c++ "$scratch/x.c"
    fi
done
echo "${#headers[@]} headers, $failures do not compile alone"
[[ $failures -eq 0 ]]
