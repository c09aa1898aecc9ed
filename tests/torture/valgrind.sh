#!/bin/bash
# Every program under valgrind's memcheck: no invalid access, no use of what was never set, no leak
# that nothing points to.
# ctest: slow
# ctest: timeout 1800
source "$INDUCT_SOURCE/tests/torture/lib/torture.bash"
source "$INDUCT_SOURCE/tests/torture/lib/commands.bash"
is_long || skip "a minute a program: make torture"
needs valgrind
make_fixtures

try() { # try CMD...
    rm -rf at && cp -r start at
    (cd at && exec valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        "$@") >at.out 2>at.err </dev/null || failed "$*: $(head -c 2000 at.err)"
    tried=$((tried + 1))
    report "$1"
}

every_command
