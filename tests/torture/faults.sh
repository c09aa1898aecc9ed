#!/bin/bash
# System calls that fail: of each program, one run for each call it makes of those below, which is
# answered with EIO, and with what else it may be answered with: a full disk, no more descriptors, a
# signal (strace injects it, no privileges needed). It must end with status 1 and one line, with
# nothing half written, or do without and give what it gives otherwise. Training is then resumed, and
# must come to the same bytes. In short, a sample, and one of the answers at a time.
# ctest: slow
# ctest: timeout 900
source "$INDUCT_SOURCE/tests/torture/lib/torture.bash"
source "$INDUCT_SOURCE/tests/torture/lib/commands.bash"
needs strace
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
make_fixtures

calls=(openat openat2 read pread64 write writev close rename mkdir unlinkat newfstatat getdents64
       ftruncate lseek fcntl flock dup fsync fdatasync)

answers() { # answers CALL
    case $1 in
        write | writev | mkdir | rename | ftruncate | fsync) echo EIO ENOSPC ;;
        openat | openat2) echo EIO ENOSPC EMFILE EINTR ;;
        dup) echo EIO EMFILE ;;
        read | pread64 | flock) echo EIO EINTR ;;
        *) echo EIO ;;
    esac
}

# How often the program makes a call, of its own: the loader's are made before main().
counts() { # counts FILE
    awk '{ sub(/^[0-9]+ +/, ""); sub(/\(.*/, ""); n[$0]++ } END { for (c in n) print c, n[c] }' "$1"
}

inject() { # inject CALL ANSWER N CMD...: in `at`
    local what=$1:error=$2:when=$3 follow=-f
    shift 3
    ! starts_others "$@" || follow=
    rm -rf at && cp -r start at
    (cd at && exec strace $follow -o ../trace -e trace="${what%%:*}" -e inject="$what" "$@") \
        >at.out 2>at.err </dev/null
}

# strace counts each thread's calls: the same fault may have met the line about it.
unsaid() {
    [[ ! -s at.err ]] && grep -q '^[0-9]* *writev*(2, .*(INJECTED)$' trace
}

in_loader() { # the fault came before main()
    grep -qE 'error while loading shared libraries|cannot open shared object' at.err
}

# A run that failed goes on, or begins, and is the one that never failed.
check_training() { # WHAT CMD...
    local what=$1
    shift
    [[ $2 == -q && $* == *"-o new"* ]] || return 0
    if [[ -e at/new/config.json ]]; then
        (cd at && induct-train -q --resume new --threads 1) >/dev/null 2>at.err
    else
        (cd at && "$@") >/dev/null 2>at.err
    fi
    [[ $? -eq 0 ]] || failed "$what: not resumed: $(<at.err)"
    same_run good/new at/new || failed "$what: resumed, but other bytes"
}

judge() { # judge STATUS WHAT CMD...
    local status=$1 what=$2
    shift 2
    in_loader && return 0
    tried=$((tried + 1))
    if [[ $status -eq 0 ]]; then
        same_files || failed "$what: status 0, but other results: $(diff -rq good at; cat at.err)"
    elif [[ $status -ne 1 ]] || ! { one_line_each "$@" || unsaid; }; then
        failed "$what: status $status: $(head -c 600 at.err)"
    elif [[ -n $(find at -name '*.tmp') ]]; then
        failed "$what: left $(find at -name '*.tmp')"
    else
        check_training "$what" "$@"
    fi
}

try() { # try CMD...
    local call number status count step answer few follow=-f turn=0
    ! starts_others "$@" || follow=
    rm -rf at && cp -r start at
    (cd at && exec strace $follow -o ../trace "$@") >good.out 2>at.err </dev/null || failed "$*"
    rm -rf good && mv at good
    counts trace >counted
    for call in "${calls[@]}"; do
        # strace's close does not close: the end of a pipe would stay open, and its reader wait for ever
        [[ $call != close ]] || ! starts_others "$@" || continue
        count=$(awk -v c="$call" '$1 == c { print $2 }' counted)
        step=$(share $((${count:-0} / 2 + 1)) $((${count:-0} / 120 + 1)))
        for ((number = $(share 2 1); number <= ${count:-0}; number += step)); do
            few=$(answers "$call")
            turn=$((turn + 1))
            is_long || few=$(cut -d' ' -f $((turn % $(wc -w <<<"$few") + 1)) <<<"$few")
            for answer in $few; do
                status=0
                inject "$call" "$answer" "$number" "$@" || status=$?
                judge $status "$call $number, $answer, of: $*" "$@"
            done
        done
    done
    report "$1"
}

every_command
