#!/bin/bash
# induct, the front of all programs: it runs every one with the same bytes and status, lists them with the
# lines of their man pages, and says which induct it is.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
tiny=$INDUCT_SOURCE/tests/golden/tiny

# ---- A program's work --------------------------------------------------------------------------

expect_exit 0 induct compose -q "$tiny" --epochs last -o by_front.tsv
expect_exit 0 induct-compose -q "$tiny" --epochs last -o by_itself.tsv
expect_same by_front.tsv by_itself.tsv
expect_exit 64 induct compose --no-such-option
expect_stderr_has 'induct-compose: '
expect_exit 1 induct compose 'no such  run'
expect_stderr_has 'no such  run'

# ---- What there is -----------------------------------------------------------------------------

expect_exit 0 induct --help
cp "$cli_out" help
expect_exit 0 induct help
expect_same "$cli_out" help
expect_true 'lines of at most 80 columns' test "$(wc -L <help)" -le 80
sed -n '/^Programs:/,/^$/p' help >programs
listed=0
for program in "$INDUCT_BIN"/induct-*; do
    name=${program##*/induct-}
    expect_true "$name is listed with what it does" grep -q "^  $name  *[A-Za-z]" programs
    listed=$((listed + 1))
done
expect_true 'there are programs' test "$listed" -ge 25
expect_true 'nothing else is listed' test "$(grep -c '^  [a-z]' programs)" -eq "$listed"
expect_exit 0 induct --about score
expect_stdout "$(induct-score --help | sed -n 2p)"
page=${INDUCT_BIN%/bin}/man/induct-score.1
[[ ! -f $page ]] || expect_true 'its manual page has the same line' grep -qF -- "- $(<"$cli_out")" "$page"
induct-score --help >own
expect_exit 0 induct help score
expect_same "$cli_out" own

expect_exit 0 induct --version
expect_stdout_has "$listed programs in "
sed '1d;$d' "$cli_out" >front
induct-train --version | sed 1d >own
expect_same front own
expect_true 'it bears the name of all' grep -Exq 'induct [0-9]+\.[0-9.]+' "$cli_out"
expect_stdout_has 'compiled by '

# ---- What there is not -------------------------------------------------------------------------

for wrong in scor '' ../bin/induct-score --no-such-option; do
    expect_exit 64 induct "$wrong" "$tiny"
    expect_stderr_has "'$wrong'"
    expect_stderr_lines 1
done
expect_exit 64 induct
expect_stderr_has '  score '
expect_stdout ''

# ---- From elsewhere ----------------------------------------------------------------------------

programs=$INDUCT_BIN
unset INDUCT_BIN
mkdir 'any where'
ln -s "$programs/induct" 'any where/linked'
cp "$INDUCT_SOURCE/lib/tool/induct.sh" 'any where/alone'
expect_exit 0 'any where/linked' --about score
expect_exit 1 'any where/alone' --help
expect_stderr_has "no induct-train in"
expect_exit 0 env INDUCT_BIN="$programs" 'any where/alone' --about score
cp "$INDUCT_SOURCE/lib/tool/induct.sh" 'any where/induct'
for program in "$programs"/induct-*; do
    ln -s "$program" 'any where/'
done
expect_exit 0 'any where/induct' --about score
ln -s 'any where/induct' near
expect_exit 0 ./near --about score
expect_stdout "$(induct --about score)"
