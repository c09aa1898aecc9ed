# Command-line tests: what a script in tests/cli/ says instead of shell plumbing.
#
#   #!/bin/bash
#   # induct-eval: its table, and what it refuses.
#   source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
#
#   expect_exit 64 induct-eval run --periods x
#   expect_stderr_has "--periods: 'x' is not a whole number (1 to 40)"
#   expect_exit 0 induct-eval run --epochs last
#   expect_table_file last.tsv loss=1e-3
#
# That is all: a script needs no end. It runs in an empty folder of its own, which is removed; the
# built programs come first on PATH; INDUCT_RUN and OMP_NUM_THREADS are unset. Every expectation that
# is not met is printed with the command and what it gave, the script goes on, and ends with status 1
# if there was any. A command that is not an expectation and fails ends the script at once.
#
# Recorded output lies in tests/cli/expected/SCRIPT/. INDUCT_RECORD=1 writes those files instead of
# comparing: look at the diff before it is committed.
#
#   expect_exit STATUS CMD...        runs CMD; stdout goes to $cli_out, stderr to $cli_err (files)
#   expect_stdout TEXT               the whole of it, without the newlines at its end
#   expect_stderr TEXT
#   expect_stdout_has TEXT           contains TEXT, literally
#   expect_stderr_has TEXT
#   expect_stderr_lines N            has N lines: "one clear line"
#   expect_stdout_file NAME          as recorded, exactly; for text that holds no measured numbers
#   expect_table_file NAME [COLUMN=TOLERANCE...]
#                                    a TSV on stdout as recorded; a real number may differ by the
#                                    column's tolerance, absolutely (1e-4 where none is given), as the
#                                    kernels of different CPUs make it
#   cells TABLE COLUMN...            those columns of a TSV in that order, a line a row, no headings
#   rows TABLE PROGRAM [VAR=VALUE...]
#                                    awk over the rows of a TSV, whose columns have names: $c["loss"];
#                                    N rows so far. It ends with 2 if a name is no column's
#   except TABLE COLUMN...           the table, heading and all, without those columns
#   expect_same FILE FILE            byte for byte
#   expect_file PATH..., expect_no_file PATH...
#   expect_true WHAT CMD...          CMD succeeds; WHAT is said if it does not
#   start CMD...                     begins CMD in the background ($cli_pid), Ctrl-C not ignored
#   wait_for SECONDS CMD...          waits until CMD succeeds (checked every 20 ms)
#   expect_ended STATUS              waits for what `start` began (at most a minute)
#   on_terminal CMD...               runs CMD with stdout and stderr on a pseudo-terminal, 80 columns
#   has_terminals                    true if that can be had here; says so if not
#   free_port                        prints a port of 127.0.0.1 on which nobody answers
#   needs PROGRAM...                 skips the whole script if one is not there
#   skip WHY...

set -uo pipefail

: "${INDUCT_SOURCE:?run by ctest, or set INDUCT_SOURCE and INDUCT_BIN}" "${INDUCT_BIN:?}"
cli_script=$(basename "${BASH_SOURCE[-1]}" .sh)
cli_expected=$INDUCT_SOURCE/tests/cli/expected/$cli_script
cli_scratch=$(mktemp -d "${TMPDIR:-/tmp}/induct-cli-XXXXXX")
cli_out=$cli_scratch/.stdout
cli_err=$cli_scratch/.stderr
cli_failures=0
cli_command=()
cli_pid=

PATH=$INDUCT_BIN:$PATH
export PATH LC_ALL=C
unset INDUCT_RUN OMP_NUM_THREADS

cli_end() {
    local status=$?
    if [[ -n $cli_pid ]]; then
        kill -KILL "$cli_pid" 2>/dev/null
    fi
    cd / && rm -rf "$cli_scratch"
    if [[ $cli_failures -gt 0 ]]; then
        echo "$cli_script: $cli_failures expectations not met"
        exit 1
    fi
    exit "$status"
}
trap cli_end EXIT
trap 'cli_stopped "$LINENO" "$BASH_COMMAND"' ERR
cd "$cli_scratch" || exit 1

free_port() {
    local port=$((20000 + $$ % 12000))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    echo "$port"
}

cli_stopped() { # a command that is no expectation has failed
    echo "line $1: failed: $2"
    exit 1
}

# Says what was not met, with the command line and both its streams.
cli_fail() {
    cli_failures=$((cli_failures + 1))
    local caller=${#BASH_LINENO[@]}
    echo "--- line ${BASH_LINENO[caller - 2]}: $*"
    if [[ ${#cli_command[@]} -gt 0 ]]; then
        printf '    $'
        printf ' %q' "${cli_command[@]}"
        echo
    fi
    [[ ! -s $cli_out ]] || head -n 20 "$cli_out" | sed 's/^/    stdout: /'
    [[ ! -s $cli_err ]] || head -n 20 "$cli_err" | sed 's/^/    stderr: /'
    return 0
}

skip() {
    echo "skipped: $*"
    exit 77
}

needs() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "no $program"
    done
}

expect_exit() {
    local wanted=$1 got=0
    shift
    cli_command=("$@")
    "$@" >"$cli_out" 2>"$cli_err" </dev/null || got=$?
    [[ $got -eq $wanted ]] || cli_fail "exit status $got, expected $wanted"
}

expect_true() {
    local what=$1
    shift
    "$@" >/dev/null 2>&1 || cli_fail "$what"
}

cli_expect_text() { # STREAM FILE TEXT
    [[ $(<"$2") == "$3" ]] || cli_fail "$1 is not: $3"
}
expect_stdout() { cli_expect_text stdout "$cli_out" "$1"; }
expect_stderr() { cli_expect_text stderr "$cli_err" "$1"; }

cli_expect_part() { # STREAM FILE TEXT
    [[ $(<"$2") == *"$3"* ]] || cli_fail "$1 lacks: $3"
}
expect_stdout_has() { cli_expect_part stdout "$cli_out" "$1"; }
expect_stderr_has() { cli_expect_part stderr "$cli_err" "$1"; }

expect_stderr_lines() {
    local lines
    lines=$(wc -l <"$cli_err")
    [[ $lines -eq $1 ]] || cli_fail "stderr has $lines lines, expected $1"
}

# The version in a table's comment line would change every record at every release.
cli_normalise() {
    sed -E '1s/^(# induct-[a-z-]+) [0-9][0-9.]*: /\1 VERSION: /; 1s/("_version":")[0-9.]*"/\1VERSION"/' "$1"
}

cli_record() { # NAME: true if stdout was recorded instead of being compared
    [[ -n ${INDUCT_RECORD:-} ]] || return 1
    mkdir -p "$cli_expected"
    cli_normalise "$cli_out" >"$cli_expected/$1"
    echo "recorded tests/cli/expected/$cli_script/$1"
}

cli_has_record() {
    [[ -e $cli_expected/$1 ]] && return 0
    cli_fail "no record tests/cli/expected/$cli_script/$1: run with INDUCT_RECORD=1"
    return 1
}

expect_stdout_file() {
    cli_record "$1" && return 0
    cli_has_record "$1" || return 0
    cli_normalise "$cli_out" | diff -u --label "expected/$cli_script/$1" --label stdout \
        "$cli_expected/$1" - || cli_fail "stdout differs from $1"
}

expect_table_file() {
    local name=$1
    shift
    cli_record "$name" && return 0
    cli_has_record "$name" || return 0
    cli_normalise "$cli_out" >"$cli_scratch/.table"
    awk -f "$INDUCT_SOURCE/tests/cli/lib/compare_tables.awk" -v tolerances="$*" \
        "$cli_expected/$name" "$cli_scratch/.table" || cli_fail "the table differs from $name"
}

# c[NAME] is the number of a column. A name that is none would be $0: it is made a mistake at the heading.
rows() {
    local table=$1 program=$2 name
    shift 2
    local names
    names=$(grep -o 'c\["[^"]*"\]' <<<"$program" | sed 's/c\["\(.*\)"\]/\1/' | sort -u | tr '\n' ' ')
    awk -F '\t' -v OFS='\t' -v rows_names="$names" "${@/#/-v}" '
        END { if (rows_bad) exit rows_bad }
        /^#/ { next }
        !rows_headed {
            rows_headed = 1
            for (rows_i = 1; rows_i <= NF; rows_i++) c[$rows_i] = rows_i
            rows_count = split(rows_names, rows_name, " ")
            for (rows_i = 1; rows_i <= rows_count; rows_i++)
                if (!(rows_name[rows_i] in c)) {
                    print "no column " rows_name[rows_i] >"/dev/stderr"
                    exit (rows_bad = 2)
                }
            next
        }
        { N++ }
        '"$program" "$table"
}

cells() {
    local table=$1 program= name
    shift
    for name in "$@"; do
        program+="${program:+, }\$c[\"$name\"]"
    done
    rows "$table" "{ print $program }"
}

except() {
    local table=$1
    shift
    grep -v '^#' "$table" | awk -F '\t' -v without=" $* " '
        NR == 1 { for (i = 1; i <= NF; i++) if (!index(without, " " $i " ")) kept[++n] = i }
        { for (i = 1; i <= n; i++) printf "%s%s", $kept[i], i < n ? FS : "\n" }'
}

expect_same() {
    cmp "$1" "$2" || cli_fail "$1 and $2 differ"
}

expect_file() {
    local path
    for path in "$@"; do
        [[ -e $path ]] || cli_fail "there is no $path"
    done
}

expect_no_file() {
    local path
    for path in "$@"; do
        [[ ! -e $path ]] || cli_fail "there is a $path"
    done
}

# Under job control, as a background job of a script would have SIGINT ignored. Returns when the program
# has taken the place of the shell's child, which would lose a signal (a script in bash: after a second).
start() {
    local tries=100
    cli_command=("$@")
    : >"$cli_err" # now, not when the process gets to it: wait_for must not see what the last one said
    set -m
    "$@" >"$cli_out" 2>"$cli_err" </dev/null &
    set +m
    cli_pid=$!
    while [[ $tries -gt 0 && /proc/$cli_pid/exe -ef /proc/$$/exe ]]; do
        sleep 0.01
        tries=$((tries - 1))
    done
}

wait_for() {
    local end=$((SECONDS + $1)) what=$1
    shift
    until "$@" >/dev/null 2>&1; do
        if [[ $SECONDS -ge $end ]]; then
            cli_fail "waited $what s in vain for: $*"
            return 0
        fi
        sleep 0.02
    done
}

expect_ended() {
    local got=0 end=$((SECONDS + 60))
    while kill -0 "$cli_pid" 2>/dev/null && [[ $SECONDS -lt $end ]]; do
        sleep 0.02
    done
    kill -KILL "$cli_pid" 2>/dev/null || true
    wait "$cli_pid" 2>/dev/null || got=$?
    cli_pid=
    [[ $got -eq $1 ]] || cli_fail "ended with status $got, expected $1"
}

has_terminals() {
    script -qec true /dev/null >/dev/null 2>&1 && return
    echo "left out, what needs a pseudo-terminal: none can be had here"
    return 1
}

on_terminal() {
    SHELL=$BASH TERM=xterm script -qefc "stty cols 80; $(printf ' %q' "$@")" /dev/null
}
