#!/bin/bash
# The architecture test can fail: one wrong file a rule, each must be reported, and right ones not.
set -euo pipefail
rules=$INDUCT_SOURCE/tests/build/rules.awk
architecture=$INDUCT_SOURCE/lib/ARCHITECTURE.md
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree"
failures=0

file() { # file PATH LINE...: writes it
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "${@:2}" >"$1"
}

judge() { # judge PATH: the rules' exit status for the whole tree, their words in $said
    mapfile -t files < <(find . -type f -printf '%P\n' | sort)
    if said=$(awk -v architecture="$architecture" -f "$rules" "${files[@]}"); then verdict=right; else verdict=wrong; fi
}

wrong() { # wrong PATH WORDS LINE...: this file must be reported, with these words
    local path=$1 words=$2
    file "$path" "${@:3}"
    judge
    if [[ $verdict != wrong || $said != "$path:"*"$words"* ]]; then
        echo "not reported: $path: ${*:3} (said: $said)"
        failures=$((failures + 1))
    fi
    rm "$path"
}

right() { # right PATH LINE...: this file must pass; it stays
    file "$@"
    judge
    if [[ $verdict != right ]]; then
        echo "reported without reason: $said"
        failures=$((failures + 1))
    fi
}

right include/induct/base/error.h
right include/induct/math/svd.h '#include <induct/base/error.h>'
right include/induct/tool/walk.h
right lib/math/inner.h
right lib/math/svd.c '#include "inner.h"' '#include "math/inner.h"' '#include <cblas.h>' \
    '#include <math.h>' '#include <induct/math/svd.h>'
right lib/score/engine/one.c '#include <induct/math/svd.h>' 'n = snprintf(s, 3, "x"); on_exit(f);'
right lib/tool/walk.c '#include <pthread.h>' 'fprintf(stderr, "x");'
right lib/base/thread.c 'status = pthread_create(&thread, NULL, main, NULL);'
right train/main.c '#include <induct/tool/walk.h>' 'exit(0);'
right lib/picture/picture.c '#include <png.h>' ' * never calls exit()'

wrong lib/math/a.c 'math (level 2) includes' '#include <induct/tool/walk.h>'
wrong lib/math/a.c 'math (level 2) includes' '  # include "induct/tool/walk.h" // why'
wrong lib/base/a.c 'base (level 0) includes' '#include "math/inner.h"'
wrong lib/optim/a.c '(level 8)' '#include <induct/score/score.h>'
wrong include/induct/score/a.h '(level 8)' '#include <induct/optim/adamw.h>'
wrong lib/circuit/a.c '(level 7)' '#include <induct/eval/accuracy.h>'
wrong analyze/a.c '(level 11)' '#include "induct/train/x.h"'
wrong lib/math/a.c 'through ..' '#include "../base/inner.h"'
wrong lib/eval/a.c 'outside lib/picture' '#include <ft2build.h>'
wrong lib/tool/a.c 'outside lib/picture' '#include <fontconfig/fontconfig.h>'
wrong lib/news/a.c 'no level' 'int x;'
wrong lib/base/a.c 'no level' '#include <induct/news/a.h>'
wrong lib/model/a.c 'outside lib/math' '#include <cblas.h>'
wrong lib/model/a.c 'outside lib/math' '#include <lapacke.h>'
wrong analyze/a.c 'outside lib/math' '#include <openblas/cblas.h>'
wrong lib/model/a.c 'outside lib/picture' '#include <png.h>'
wrong lib/model/a.c 'induct/base/team.h' '#include <omp.h>'
wrong lib/model/a.c 'induct/base/team.h' '#pragma omp parallel for simd'
wrong lib/tool/a.c 'outside lib/base/thread.c' 'pthread_create(&thread, NULL, main, NULL);'
wrong lib/base/team.c 'outside lib/base/thread.c' 'pthread_create(&thread, NULL, main, NULL);'
wrong lib/model/a.c 'neither prints' '    exit(1);'
wrong lib/model/a.c 'neither prints' '    fprintf(stderr, "x");'
wrong lib/model/a.c 'neither prints' '    printf("x");'
wrong lib/model/a.c 'longer than' $(seq 501)
wrong tests/model/test_a.c 'longer than' $(seq 501)

[[ $failures -eq 0 ]]
