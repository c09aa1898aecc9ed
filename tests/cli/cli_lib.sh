#!/bin/bash
# The library of the command-line tests itself: what is met passes, what is not is counted.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

# Runs the lines as a test script of their own; its words are left in $said.
inner() { # inner STATUS LINE...
    local wanted=$1 got=0
    printf '%s\n' "source \"\$INDUCT_SOURCE/tests/cli/lib/cli.bash\"" "${@:2}" >inner.sh
    said=$(bash inner.sh 2>&1) || got=$?
    [[ $got -eq $wanted ]] || cli_fail "status $got, expected $wanted for: ${*:2} (said: $said)"
}
says() {
    [[ $said == *"$1"* ]] || cli_fail "it does not say '$1' but: $said"
}

inner 0 'expect_exit 3 bash -c "echo a; echo b >&2; exit 3"' 'expect_stdout a' 'expect_stderr b' \
    'expect_stdout_has a' 'expect_stderr_lines 1'
inner 1 'expect_exit 0 false' 'expect_exit 0 true'
says 'line 2: exit status 1, expected 0'
says '1 expectations not met'
inner 1 'expect_exit 0 echo a' 'expect_stdout b'
inner 1 'expect_exit 0 echo a' 'expect_stderr a'
inner 1 'expect_exit 0 echo a' 'expect_stdout_has b'
inner 1 'expect_exit 0 true' 'expect_stderr_lines 1'
inner 1 'expect_file nowhere'
inner 1 'touch here' 'expect_no_file here'
inner 1 'echo a >a; echo b >b' 'expect_same a b'
inner 0 'echo a >a; cp a b' 'expect_same a b'
inner 1 'expect_true "it is wrong" false'
says 'it is wrong'
inner 1 'cp nowhere b' 'echo went on'
says 'line 2: failed: cp nowhere b'
[[ $said != *"went on"* ]] || cli_fail "a failing command did not end the script"
# Tables by the names of their columns.
table='printf "# induct-a 0.2.0: x\nhead\tloss\nL0H0\t2\nL0H1\t3\n" >t.tsv'
inner 0 "$table" '[[ $(cells t.tsv loss head) == $'"'2\tL0H0\n3\tL0H1'"' ]]'
inner 0 "$table" "[[ \$(rows t.tsv '\$c[\"loss\"] == want' want=3) == L0H1* ]]"
inner 0 "$table" "rows t.tsv '{ s += \$c[\"loss\"] } END { exit s != 5 || N != 2 }'"
inner 0 "$table" '[[ $(except t.tsv loss | tr "\n" " ") == "head L0H0 L0H1 " ]]'
inner 1 "$table" 'cells t.tsv lass'
says 'no column lass'
inner 1 "$table" "expect_true sum rows t.tsv '{ s += \$c[\"lass\"] } END { exit s != 0 }'"
inner 77 'needs a-program-that-nobody-has'
inner 0 'start sleep 30' 'kill -TERM $cli_pid' 'expect_ended 143'
inner 0 'start sleep 30' 'kill -INT $cli_pid' 'expect_ended 130'
inner 1 'start true' 'expect_ended 1'
inner 0 'start touch here' 'wait_for 5 test -e here' 'expect_ended 0'
if has_terminals; then
    inner 0 '[[ $(on_terminal tty) == /dev/* ]]'
    inner 0 '[[ $(on_terminal stty size) == *80* ]]'
fi
mkdir none
printf '#!/bin/sh\nexit 1\n' >none/script
chmod +x none/script
PATH=$PWD/none:$PATH inner 0 '! has_terminals'
says 'none can be had here'

# Records, in a copy of the tree so that nothing is written into this one.
mkdir -p copy/tests/cli
cp -r "$INDUCT_SOURCE/tests/cli/lib" copy/tests/cli/
export INDUCT_SOURCE=$PWD/copy
inner 1 'expect_exit 0 echo a' 'expect_stdout_file a.txt'
says 'INDUCT_RECORD=1'
INDUCT_RECORD=1 inner 0 'expect_exit 0 printf "# induct-a 0.1.0: induct-a\nepoch\tloss\n5\t1.25\n"' \
    'expect_stdout_file a.tsv' 'expect_exit 0 echo a' 'expect_stdout_file a.txt'
table='expect_exit 0 printf "# induct-a 0.2.0: induct-a\nepoch\tloss\n%s\t%s\n"'
inner 0 'expect_exit 0 echo a' 'expect_stdout_file a.txt'
inner 1 'expect_exit 0 echo b' 'expect_stdout_file a.txt'
inner 0 "$table 5 1.25" 'expect_stdout_file a.tsv' 'expect_table_file a.tsv'
inner 0 "$table 5 1.25004" 'expect_table_file a.tsv'
inner 1 "$table 5 1.2502" 'expect_table_file a.tsv'
says 'loss is 1.2502, expected 1.25'
inner 0 "$table 5 1.2502" 'expect_table_file a.tsv loss=0.01'
inner 1 "$table 6 1.25" 'expect_table_file a.tsv'
inner 1 "$table 5 nan" 'expect_table_file a.tsv'
inner 1 "$table 5 1.25 6 1.25" 'expect_table_file a.tsv'
inner 1 'expect_exit 0 printf "# induct-a 0.2.0: induct-a\nepoch\tloss\n"' 'expect_table_file a.tsv'
inner 1 'expect_exit 0 printf "# induct-a 0.2.0: induct-a\nepoch\tlass\n5\t1.25\n"' \
    'expect_table_file a.tsv'
