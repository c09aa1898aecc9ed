#!/bin/bash
# A full disk: one clear line, whole files only, and a run that goes on once there is room, with the
# bytes of a run that never lacked any.
set -uo pipefail
train=$INDUCT_BIN/induct-train
work=$(mktemp -d)
disk=$work/disk
trap 'mountpoint -q "$disk" && umount "$disk"; rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir disk
if ! mount -t tmpfs -o size=600k none disk 2>/dev/null; then
    echo "skipped: no right to mount a small disk"
    exit 77
fi

options=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 5
         --ood 3 --ood-sequences 8 --batch 8 --epochs 60 --checkpoint-every 1 --log-every 1)
"$train" "${options[@]}" -q -o whole || exit 1

"$train" "${options[@]}" -o disk/run 2>err
status=$?
[[ $status -eq 1 ]] || { echo "exit status $status, not 1"; cat err; exit 1; }
grep -E '^induct-train: disk/run/.*: No space left on device$' err ||
    { echo "no clear line:"; cat err; exit 1; }
grep -qF 'go on with: induct-train --resume disk/run' err || { echo "no advice:"; cat err; exit 1; }
for file in disk/run/epoch-*; do
    cmp "$file" "whole/${file##*/}" || exit 1
done
[[ $(ls disk/run/epoch-* | wc -l) -lt 61 ]] || { echo "the disk was not full"; exit 1; }

# Still full: the same again.
"$train" --resume disk/run -q 2>err && { echo "resumed on a full disk"; exit 1; }
grep -qE ': No space left on device$' err || { cat err; exit 1; }

mount -o remount,size=20m disk || exit 77
"$train" --resume disk/run -q || exit 1
for file in whole/epoch-*; do
    cmp "$file" "disk/run/${file##*/}" || exit 1
done
diff <(cut -f1-5 whole/metrics.tsv) <(cut -f1-5 disk/run/metrics.tsv) || exit 1
[[ $(ls whole | wc -l) -eq $(ls disk/run | wc -l) ]] || { diff <(ls whole) <(ls disk/run); exit 1; }
