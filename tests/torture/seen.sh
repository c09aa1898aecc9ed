#!/bin/bash
# The campaigns report what they are there to report: with a program in the place of induct-score,
# -export or -train that breaks one promise, each fails, and says why.
# ctest: slow
# ctest: timeout 900
source "$INDUCT_SOURCE/tests/torture/lib/torture.bash"
needs strace
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"

mkdir bin
ln -s "$INDUCT_BIN"/* bin
instead() { # instead PROGRAM: a script from stdin in its place; $real is the program
    rm -rf bin/induct-*
    ln -s "$INDUCT_BIN"/* bin
    rm "bin/$1"
    { printf '#!/bin/bash\nreal=%q\n' "$INDUCT_BIN/$1"; cat; } >"bin/$1"
    chmod +x "bin/$1"
}
reports() { # reports CAMPAIGN ONLY TEXT
    TORTURE='' TORTURE_ONLY=$2 TORTURE_PART='' INDUCT_BIN=$PWD/bin INDUCT_BUILD=$torture_tools/.. \
        bash "$INDUCT_SOURCE/tests/torture/$1.sh" >said 2>&1 && cli_fail "$1 has not failed: $2"
    grep -q -- "$3" said || cli_fail "$1, $2: nothing of '$3': $(head -c 600 said)"
}

# A failure that ends with status 0.
instead induct-score <<'E2'
"$real" "$@"
exit 0
E2
reports memory 'induct-score -q' 'status 0, but other results'
reports faults 'induct-score -q' 'status 0, but other results'

# Words that do not name the reason, and too many of them.
instead induct-score <<'E2'
"$real" "$@" 2>/dev/null || { printf 'something\nis wrong\n' >&2; exit 1; }
E2
reports memory 'induct-score -q' 'status 1: something'
reports faults 'induct-score -q' 'status 1: something'

# What has half been written stays.
instead induct-score <<'E2'
"$real" "$@" || { touch out.1-0.tmp; exit 1; }
E2
reports memory 'induct-score -q' 'left at/out.1-0.tmp'
reports faults 'induct-score -q' 'left at/out.1-0.tmp'

# A file that grows under its own name.
instead induct-export <<'E2'
printf half >weights.safetensors
sleep 0.2
exec "$real" "$@"
E2
reports kills 'induct-export -q ../run -o' 'weights.* is another file'

# A training that goes on with another weight.
instead induct-train <<'E2'
"$real" "$@" || exit $?
[[ $* != *--resume* ]] || printf x >>new/epoch-00000100.safetensors
E2
reports kills training 'other bytes after kills'
