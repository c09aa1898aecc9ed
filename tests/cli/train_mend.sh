#!/bin/bash
# A checkpoint that is half on disk under its name is noticed by --resume, named and written again:
# with the bytes that it had, and the run goes on as if nothing had been.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 8 --d-head 4 --vocab 12 --context 16 --period 4 --ood none
       --batch 2 --quiet)
induct-train "${small[@]}" --epochs 40 --checkpoint-every 4 --states 16 -o whole
cp -r whole good
induct-train --resume whole --epochs 60 --quiet

name() { printf '%s/epoch-%08d.safetensors' "$1" "$2"; }
cut_off() { truncate -s 700 "$1"; }
emptied() { truncate -s 0 "$1"; }
zeros() { # of the same length
    local size
    size=$(stat -c %s "$1") && rm "$1" && truncate -s "$size" "$1"
}
half_zeros() { # the header on disk, the weights not
    local size
    size=$(stat -c %s "$1") && truncate -s $((size / 2)) "$1" && truncate -s "$size" "$1"
}
wrong_sum() { # one bit of the last weight
    local last
    last=$(tail -c 1 "$1" | od -An -tu1) && truncate -s -1 "$1"
    printf '%b' "\\x$(printf %x $((last ^ 1)))" >>"$1"
}
mended() { # mended EPOCH...: named, and the run is what it would have been
    local epoch
    expect_exit 0 induct-train --resume run --epochs 60 --quiet
    for epoch; do
        expect_stderr_has "$(name run "$epoch"): "
    done
    expect_stderr_has 'damaged, it is written again'
    expect_stderr_lines $#
    for epoch in $(seq 0 4 60); do
        expect_same "$(name whole "$epoch")" "$(name run "$epoch")"
    done
    expect_same <(cut -f 1-4 whole/metrics.tsv) <(cut -f 1-4 run/metrics.tsv)
    expect_exit 0 induct-train --resume run --quiet
    expect_stderr_lines 0
}

# before and behind a kept state, and the state's own epoch
for case in 'cut_off 0' 'emptied 12' 'zeros 20' 'half_zeros 40' 'wrong_sum 20' 'wrong_sum 40'; do
    read -r harm epoch <<<"$case"
    rm -rf run && cp -r good run
    $harm "$(name run "$epoch")"
    mended "$epoch"
done
rm -rf run && cp -r good run # several, and the kept state that they would be made from
for epoch in 8 24 36; do
    cut_off "$(name run $epoch)"
done
cut_off run/state-00000032.safetensors
mended 8 24 36

# ---- The state itself: damaged or gone, the newest whole one that was kept takes its place --------
for harm in cut_off emptied zeros half_zeros wrong_sum rm; do
    for kept in 32 16; do
        rm -rf run && cp -r good run
        $harm run/resume.safetensors
        [[ $kept == 32 ]] || cut_off run/state-00000032.safetensors
        expect_exit 0 induct-train --resume run --epochs 60 --quiet
        expect_stderr_has "it goes on from state-000000$kept.safetensors, and what came after epoch $kept"
        expect_stderr_lines 1
        for epoch in $(seq 0 4 60); do
            expect_same "$(name whole "$epoch")" "$(name run "$epoch")"
        done
        # but for the row of epoch 40, which was there because the run ended at it
        expect_same <(cut -f 1-4 whole/metrics.tsv | grep -v ^40) <(cut -f 1-4 run/metrics.tsv)
        expect_exit 0 induct-train --resume run --quiet
        expect_stderr_lines 0
    done
done
rm -rf run && cp -r good run && rm run/state-* # none was kept: one line, and nothing is touched
wrong_sum run/resume.safetensors
cp -r run before
expect_exit 1 induct-train --resume run --epochs 60 --quiet
expect_stderr_has 'run/resume.safetensors: checksum differs'
expect_stderr_has 'no whole state was kept beside it (--states)'
expect_stderr_lines 1
expect_true 'nothing is touched' diff -r -x lock before run
rm -rf before

# ---- A branch, and one whose parent's state is gone --------------------------------------------
induct-train --from good@16 --epochs 32 --checkpoint-every 4 -o branch --quiet
cp -r branch before
zeros "$(name branch 24)"
expect_exit 0 induct-train --resume branch --quiet
expect_stderr_has "$(name branch 24): "
expect_same "$(name before 24)" "$(name branch 24)"
zeros "$(name branch 24)"
mv good gone
expect_exit 1 induct-train --resume branch --quiet
expect_stderr_has 'remove them, and --resume goes on without them'
rm "$(name branch 24)"
expect_exit 0 induct-train --resume branch --epochs 36 --quiet
mv gone good

# ---- Other vectors would give other bytes ------------------------------------------------------
rm -rf run && cp -r good run
sed -i 's/"vectors": "[^"]*"/"vectors": "other"/' run/config.json
cut_off "$(name run 12)"
cp "$(name run 12)" left
expect_exit 1 induct-train --resume run --quiet
expect_stderr_has 'was trained with other vectors'
expect_same left "$(name run 12)"
