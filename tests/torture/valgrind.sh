#!/bin/bash
# Every program under valgrind's memcheck: no invalid access, no use of what was never set, no leak
# that nothing points to. valgrind knows no AVX-512: programs and what they are compared with use the
# narrower vectors. In short, every eighth command.
# ctest: slow
# ctest: timeout 1800
source "$INDUCT_SOURCE/tests/torture/lib/torture.bash"
source "$INDUCT_SOURCE/tests/torture/lib/commands.bash"
needs valgrind
valgrind -q true 2>/dev/null || skip "valgrind does not run here"
is_long || TORTURE_PART=${TORTURE_PART:-1/8}
if grep -qw avx2 /proc/cpuinfo; then export INDUCT_SIMD=avx2; else export INDUCT_SIMD=baseline; fi
make_fixtures

# What valgrind says of itself: calls of the kernel that it does not know fail, as on an older one.
of_itself='unhandled amd64-linux syscall|^--[0-9]*-- (You may be able|Read the file|Nevertheless|it at)'

try() { # try CMD...
    rm -rf at && cp -r start at
    (cd at && exec valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        "$@") >at.out 2>at.err </dev/null ||
        failed "$*: status $?: $(grep -vE "$of_itself" at.err | head -c 2000)"
    tried=$((tried + 1))
    report "$1"
}

every_command
