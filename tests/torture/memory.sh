#!/bin/bash
# Memory that fails: of each program, one run for each request for memory, which is refused. It must
# end with status 1 and the one line "out of memory", with nothing half written, or do without and
# give what it gives otherwise. The first 400 requests each, beyond them a sample; in short, a sample
# of all.
# ctest: slow
# ctest: timeout 900
source "$INDUCT_SOURCE/tests/torture/lib/torture.bash"
source "$INDUCT_SOURCE/tests/torture/lib/commands.bash"

make_fixtures

# First on PATH, and never to be run: a program takes those beside itself.
mkdir decoys
for program in "$INDUCT_BIN"/induct-*; do
    printf '#!/bin/sh\necho "not the %s beside it" >&2; exit 3\n' "${program##*/}" >"decoys/${program##*/}"
    chmod +x "decoys/${program##*/}"
done
decoys=$PWD/decoys

# refusing N CMD...: CMD in folder `at`, which is made anew, with request N refused.
refusing() {
    local number=$1
    shift
    rm -rf at && cp -r start at
    (cd at && FAIL_AT=$number FAIL_IN=$1 LD_PRELOAD=$torture_tools/torture-fail.so PATH=$decoys:$PATH \
        exec "$INDUCT_BIN/$1" "${@:2}") \
        >at.out 2>at.err </dev/null
}

count() { # count CMD...: of requests, into $count; what it gives is kept to be compared with
    count=0
    rm -rf at && cp -r start at
    rm -f count
    (cd at && FAIL_COUNT=$PWD/../count FAIL_IN=$1 LD_PRELOAD=$torture_tools/torture-fail.so exec "$@") \
        >good.out 2>at.err </dev/null || failed "$*: $(<at.err)"
    rm -rf good && mv at good
    [[ ! -e count ]] || count=$(<count)
}

# A task of a sweep says it in its run's log.
says_memory() {
    grep -q "out of memory" at.err ||
        { starts_others "$@" && grep -rqs --include=sweep.log "out of memory" at; }
}

judge() { # judge STATUS WHAT CMD...
    local status=$1 what=$2
    shift 2
    tried=$((tried + 1))
    if [[ $status -eq 0 ]]; then
        same_files || failed "$what: status 0, but other results: $(diff -rq good at; cat at.err)"
    elif [[ $status -ne 1 ]] || ! says_memory "$@" || ! one_line_each "$@"; then
        failed "$what: status $status: $(head -c 600 at.err)"
    elif [[ -n $(find at -name '*.tmp') ]]; then
        failed "$what: left $(find at -name '*.tmp')"
    fi
}

numbers() { # numbers COUNT: which requests are refused
    if is_long; then
        seq 1 $(($1 < 400 ? $1 : 400))
        [[ $1 -le 400 ]] || seq 401 $((($1 - 400) / 100 + 1)) "$1"
    else
        seq 3 $(($1 / 12 + 1)) "$1"
    fi
}

try() { # try CMD...
    local count number status
    count "$@"
    for number in $(numbers "$count"); do
        status=0
        refusing "$number" "$@" 2>/dev/null || status=$?
        judge $status "request $number of: $*" "$@"
    done
    report "$1, $count requests"
}

every_command

# A step of a sweep that is done is never taken again for lack of memory to read that it is.
twice() {
    (cd at && env "$@" LD_PRELOAD=$torture_tools/torture-fail.so FAIL_IN=induct-sweep \
        "$INDUCT_BIN/induct-sweep" task twice/manifest.tsv 1) >at.out 2>at.err </dev/null
}
rm -rf at && cp -r start at
(cd at && induct-sweep -q --lines "${tiny_sweep/all/twice}; then echo x >>{run}/taken; then false" || true) >at.out 2>&1 </dev/null
cp -r at/twice whole && rm -f count
twice FAIL_COUNT="$PWD/count" || true # its last step fails
for ((number = $(<count) - 60; number <= $(<count); number++)); do
    rm -rf at/twice && cp -r whole at/twice
    twice FAIL_AT="$number" || true
    tried=$((tried + 1))
    [[ $(cat at/twice/a-*/taken) == x ]] || failed "request $number: a step was taken twice"
done
report "steps of a sweep"
