# What the campaigns of tests/torture share, on top of tests/cli/lib/cli.bash. Each is a test that takes
# some seconds; TORTURE=long (make torture) makes it the whole campaign.
#
#   is_long                  true in the whole campaign
#   share SHORT LONG         prints one of the two
#   tried                    counted up by a campaign for each attempt
#   failed WHAT...           one attempt has failed; the first few are printed
#   report WHAT...           a line of result: attempts and failures so far
#   one_line_each CMD...     `at.err` is one line; of a program that starts others, one of each that failed;
#                            checkpoints that were passed over are named, a line each, and counted in the last
#   same_files               what was made in `at`, and at.out, are what is in `good` and good.out
#   same_run A B             all checkpoints byte for byte, metrics but for the seconds

[[ -z ${INDUCT_INSTRUMENTED:-} ]] || { echo "skipped: a sanitizer has these calls itself"; exit 77; }
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

torture_tools=${INDUCT_BUILD:-$INDUCT_BIN/..}/tests
tried=0
torture_failures=0

is_long() {
    [[ ${TORTURE:-} == long ]]
}

share() {
    if is_long; then echo "$2"; else echo "$1"; fi
}

failed() {
    torture_failures=$((torture_failures + 1))
    [[ $torture_failures -gt 20 ]] || cli_fail "$*"
    cli_failures=$((cli_failures + (torture_failures > 20)))
}

report() {
    echo "$cli_script: $*: $tried tried, $torture_failures failed"
}

one_line_each() {
    if starts_others "$@"; then
        [[ -s at.err ]] && ! grep -qv '^induct-[a-z]*: ' at.err
    elif tail -n 1 at.err | grep -qE '^induct-[a-z]*: [0-9]+ checkpoints? (was|were) passed over$'; then
        ! head -n -1 at.err | grep -qv '(passed over)$'
    else
        [[ $(wc -l <at.err) -eq 1 ]]
    fi
}

# What differs from run to run: the seconds of metrics.tsv, and so of the state; what GNU parallel
# says of itself.
same_files() {
    diff -rq -x metrics.tsv -x resume.safetensors -x 'state-*' -x sweep.log -x joblog.tsv good at >/dev/null &&
        cmp -s good.out at.out
}

same_run() {
    local file
    diff -q <(cd "$1" && echo epoch-*) <(cd "$2" && echo epoch-*) >/dev/null || return 1
    for file in "$1"/epoch-*; do
        cmp -s "$file" "$2/${file##*/}" || return 1
    done
    diff -q <(awk 'NF--' FS='\t' "$1/metrics.tsv") <(awk 'NF--' FS='\t' "$2/metrics.tsv") >/dev/null
}
