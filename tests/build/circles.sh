#!/bin/bash
# No circle between the files of a module or of a program: if a.c calls into b.c, then b.c, and what it calls,
# calls nothing of a.c. The linker's symbols of the objects that were built are asked, not the includes, because two
# files may share a header and still depend on each other one way only.
set -euo pipefail
cd "$INDUCT_BUILD"
command -v nm >/dev/null || { echo "no nm here"; exit 77; }

# pairs OBJECT...: "user used" for each pair of objects, user calling a symbol that used defines
pairs() {
    nm -A -g "$@" 2>/dev/null | awk '
        { path = $1; sub(/:.*/, "", path); symbol = $NF; kind = $(NF - 1); sub(/^.*:/, "", kind) }
        kind ~ /^[TDBRVWC]$/ { definer[symbol] = path }
        kind == "U" { users[symbol] = users[symbol] " " path }
        END {
            for (symbol in definer) {
                count = split(users[symbol], user, " ")
                for (u = 1; u <= count; u++)
                    if (user[u] != definer[symbol])
                        print user[u], definer[symbol]
            }
        }' | sort -u
}

failures=0
groups=0
check() { # check NAME OBJECT...
    local name=$1 loops
    shift
    groups=$((groups + 1))
    # tsort names the members of every loop on stderr
    if ! loops=$(pairs "$@" | tsort 2>&1 >/dev/null); then
        echo "$name: files that call each other:"
        sed -n 's|^tsort: \([^ ]*\.o\)$|    \1|p' <<<"$loops"
        failures=$((failures + 1))
    fi
}

if [[ -n ${INDUCT_CIRCLES_OBJECTS:-} ]]; then # the test of this test
    check given $INDUCT_CIRCLES_OBJECTS
    exit $((failures > 0))
fi

library=lib/CMakeFiles/induct.dir
for module in "$library"/*/; do
    mapfile -t objects < <(find "$module" -name '*.o' | sort)
    [[ ${#objects[@]} -lt 2 ]] || check "lib/$(basename "$module")" "${objects[@]}"
done
for program in train; do
    for folder in "$program"/CMakeFiles/*.dir; do
        mapfile -t objects < <(find "$folder" -name '*.o' | sort)
        [[ ${#objects[@]} -lt 2 ]] || check "$(basename "$folder" .dir)" "${objects[@]}"
    done
done
echo "$groups modules and programs of several files"
[[ $groups -gt 8 && $failures -eq 0 ]]
