#!/bin/bash
# A full disk: one clear line, whole files only, and a run that goes on once there is room, with the
# bytes of a run that never lacked any.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

# In a mount namespace of its own, the small disk goes with the script, however that ends.
if [[ -z ${INDUCT_SMALL_DISK:-} ]]; then
    needs unshare mount
    unshare -m true 2>/dev/null || skip "no right to mount a small disk"
    INDUCT_SMALL_DISK=1 exec unshare -m bash "$INDUCT_SOURCE/tests/cli/train_disk.sh"
fi
mkdir disk
mount -t tmpfs -o size=600k none disk 2>/dev/null || skip "no right to mount a small disk"

options=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 5
         --ood 3 --ood-sequences 8 --batch 8 --epochs 60 --checkpoint-every 1 --log-every 1)
checkpoints_agree() {
    local file
    for file in disk/run/epoch-*; do
        expect_same "$file" "whole/${file##*/}"
    done
}

induct-train "${options[@]}" -q -o whole
expect_exit 1 induct-train "${options[@]}" -o disk/run
expect_stderr_has 'induct-train: disk/run/'
expect_stderr_has ': No space left on device'
expect_stderr_has 'go on with: induct-train --resume disk/run'
expect_true "the disk was not full" test "$(ls disk/run/epoch-* | wc -l)" -lt 61
checkpoints_agree

expect_exit 1 induct-train --resume disk/run -q # still full
expect_stderr_has ': No space left on device'
expect_stderr_lines 1
checkpoints_agree

mount -o remount,size=20m disk
expect_exit 0 induct-train --resume disk/run -q
checkpoints_agree
expect_true "the runs hold different files" cmp <(ls whole) <(ls disk/run)
expect_true "metrics differ" cmp <(cut -f1-5 whole/metrics.tsv) <(cut -f1-5 disk/run/metrics.tsv)
umount disk
