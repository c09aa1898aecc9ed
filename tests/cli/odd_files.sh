#!/bin/bash
# Files that are none: FIFOs, folders, devices and links in the place of what is read and written, names
# that are empty, folders that this user may not read. One clear line at once; nothing is waited for,
# nothing renamed over.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 8 --d-head 4 --vocab 12 --context 16 --period 4 --ood none
       --batch 2 --quiet)
induct-train "${small[@]}" --epochs 6 --checkpoint-every 2 -o good
again() {
    rm -rf run && cp -r good run
}
at_once() {
    timeout 20 "$@"
}
refused_with() { # refused_with TEXT CMD...: one line, status 1
    local text=$1
    shift
    expect_exit 1 at_once "$@"
    expect_stderr_has "$text"
    expect_stderr_lines 1
}

# ---- In the place of what is watched -----------------------------------------------------------
for link in nowhere epoch-00000002.safetensors; do
    again
    rm run/epoch-00000002.safetensors && ln -s $link run/epoch-00000002.safetensors
    expect_exit 1 at_once induct-watch run
    expect_stderr_has 'run/epoch-00000002.safetensors: '
    expect_stderr_has 'passed over'
    expect_stdout_has 'epoch 6 '
done
again
rm run/lock && mkfifo run/lock
expect_exit 0 at_once induct-watch -q run
refused_with 'run/config.json: cannot open: Not a directory' induct-watch run/config.json
refused_with 'Too many levels of symbolic links' bash -c 'ln -s loop loop && exec induct-watch loop'

# ---- In the place of what is written -----------------------------------------------------------
induct-export -q good -o exported >exported.txt
mkfifo fifo
mkdir folder.png folder.npy
ln -s nowhere dangling
for target in fifo /dev/stdout; do
    refused_with "$target: cannot write: it is no regular file" induct-lab -q good -o $target
done
expect_true "the FIFO is gone" test -p fifo
expect_true "/dev/stdout is gone" test -L /dev/stdout
refused_with 'folder.png: cannot write: it is a folder' induct-lab -q good -o folder.png
refused_with 'dangling: cannot write: it is a link to nothing' induct-lab -q good -o dangling
refused_with 'folder.png: cannot write: it is a folder' induct-pattern -q good --epochs last -o folder.png
refused_with 'folder.npy: cannot write: it is a folder' \
    induct-circuit -q good --epochs last --head L1H0 --matrix qk --npy folder.npy
ln -s /dev/null null.safetensors
refused_with 'null.safetensors: cannot write: it is no regular file' induct-export -q good -o null
expect_true "the link is gone" test -L null.safetensors
# An older file in a file system that lies in /dev is replaced like any other.
if [[ -d /dev/shm && -w /dev/shm ]]; then
    table=$(mktemp /dev/shm/induct-XXXXXX)
    expect_exit 0 induct-eval -q good --epochs last -o "$table"
    expect_exit 0 induct-eval -q good --epochs last -o "$table"
    expect_true "the older table is still there" test "$(grep -c ^epoch "$table")" = 1
    rm -f "$table"
fi

# ---- The empty name, of a variable that is not set ---------------------------------------------
for words in 'export good -o' 'lab good -o' 'plots good -o' 'train -o' 'train --resume' 'eval good -o' \
    'import exported.safetensors -o' 'sweep --folder'; do
    # shellcheck disable=SC2086
    expect_exit 64 at_once induct-$words ''
    expect_stderr_has "the empty name is no file's"
done
for program in watch eval lab plots onset sweep; do
    expect_exit 64 at_once induct-$program ''
    expect_stderr_has 'an operand is the empty name'
done

# ---- Folders that may not be read --------------------------------------------------------------
# Root reads everything: as somebody else, who must be able to come here.
as_other=()
if [[ $(id -u) -eq 0 ]]; then
    needs setpriv
    as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 755 .
    "${as_other[@]}" induct-eval -q good --epochs last >/dev/null 2>&1 || skip "nobody may not come here"
fi
for mode in 000 111 444; do
    again
    chmod $mode run
    [[ ${#as_other[@]} -eq 0 ]] || chown 65534 run
    for words in watch eval plots 'lab -o lab.html'; do
        # shellcheck disable=SC2086
        refused_with ': Permission denied' "${as_other[@]}" induct-$words -q run
    done
    chmod 755 run
done
