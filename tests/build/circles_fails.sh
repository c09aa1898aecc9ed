#!/bin/bash
# The test of circles can fail: two files that call each other are named, two of which one calls the other pass.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

compile() { # compile NAME SOURCE
    printf '%s\n' "$2" | "${INDUCT_CC:-cc}" -x c -c -o "$1.o" -
}

compile low 'int low(void) { return 1; }'
compile middle 'int low(void); int middle(void) { return low(); }'
compile high 'int middle(void); int high(void) { return middle(); }'
compile a 'int b(void); int a(void) { return b(); }'
compile b 'int a(void); int low(void); int b(void) { return a() + low(); }'

circles() { # circles OBJECT...
    INDUCT_BUILD=$folder INDUCT_CIRCLES_OBJECTS="$*" bash "$INDUCT_SOURCE/tests/build/circles.sh"
}

circles low.o middle.o high.o || { echo "a chain is no circle"; exit 1; }
if said=$(circles low.o a.o b.o); then
    echo "a circle was not reported"
    exit 1
fi
[[ $said == *a.o* && $said == *b.o* && $said != *low.o* ]] || { echo "said: $said"; exit 1; }
