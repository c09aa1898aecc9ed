#!/bin/bash
# What continuous integration may not skip: .ci/ran tells passed from skipped and missing, and the tests
# that .ci/run names are there.
set -euo pipefail
cd "$INDUCT_SOURCE"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/log" <<'LOG'
      Start  1: build.format
 1/3 Test  #1: build.format .....................   Passed    1.55 sec
 2/3 Test #11: build.format_more ................***Skipped   0.01 sec
 3/3 Test #12: cli.reference ....................***Skipped   0.01 sec
LOG
bash .ci/ran "$scratch/log" build.format
! bash .ci/ran "$scratch/log" build.format cli.reference >"$scratch/said" || exit 1
grep -q '^ran: cli.reference: Skipped' "$scratch/said"
[[ $(wc -l <"$scratch/said") -eq 1 ]]
! bash .ci/ran "$scratch/log" build.form >"$scratch/said" || exit 1
grep -q 'build.form: there is no such test' "$scratch/said"

names=$(sed -n '/^must_run=(/,/^)/p; s/^ *must_run+=(\(.*\))/\1/p' .ci/run | grep -oE '(build|cli)\.[a-z_]+')
[[ $(wc -l <<<"$names") -ge 5 ]]
for name in $names; do
    [[ -f tests/${name/.//}.sh ]] || { echo ".ci/run names $name: there is no tests/${name/.//}.sh"; exit 1; }
done
