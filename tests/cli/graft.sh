#!/bin/bash
# induct-graft: its table and its heat map on the golden series, everything and nothing grafted, the same
# bytes whatever the threads, and what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

# ---- The table ----

tolerances=(accuracy=0.01 accuracy_into=0.01 accuracy_from=0.01 rescue=0.01 rescue_lo=0.02
    rescue_hi=0.02 loss=2e-3 loss_into=1e-3 loss_from=1e-3)
expect_exit 0 induct-graft tiny --head L0H1 --from 3000 --into 1000 --placebo --periods 7,10
expect_table_file placebo.tsv "${tolerances[@]}"
expect_stderr ''
cp "$cli_out" placebo.tsv
expect_true 'rescue = accuracy - accuracy_into, within its interval' rows placebo.tsv '
    ($c["accuracy"] - $c["accuracy_into"] - $c["rescue"]) ^ 2 > 1e-9 { bad = 1 }
    !($c["rescue_lo"] <= $c["rescue"] && $c["rescue"] <= $c["rescue_hi"]) { bad = 1 }
    END { exit bad || N != 3 * 2 }'

# Values do not depend on what stands beside them.
expect_exit 0 induct-graft tiny --head L0H1 --from 0,3000 --into 1000:3000:2000 --periods 10
rows placebo.tsv '$c["epoch_from"] == 3000 && $c["what"] == "L0H1" && $c["period"] == 10' >one.tsv
rows placebo.tsv '$c["epoch_from"] == 3000 && $c["what"] == "L0H1" && $c["period"] == 10 {
    print $c["accuracy_into"], $c["accuracy_from"] }' >one-ends.tsv
rows "$cli_out" '$c["epoch_from"] == 3000 && $c["epoch_into"] == 1000' >matrix.tsv
expect_same one.tsv matrix.tsv
expect_true 'targets in epoch order, donors within' test \
    "$(cells "$cli_out" epoch_from epoch_into | tr '\t\n' '>,')" = '0>1000,3000>1000,0>3000,3000>3000,'

# accuracy_into and accuracy_from are induct-eval's.
expect_exit 0 induct-eval tiny --epochs 1000,3000 --periods 10 --sequences 64 --resamples 0
evaluated=$(cells "$cli_out" accuracy | tr '\n' ' ')
expect_true "induct-eval says $evaluated" test "$evaluated" = "$(tr '\t\n' '  ' <one-ends.tsv)"

# ---- Everything and nothing ----

expect_exit 0 induct-graft tiny --layer 0,1 --embedding --positions --unembed --from 0,1000,3000 \
    --into : --periods 4,7 --resamples 0
expect_true 'everything grafted is the donor' rows "$cli_out" '
    $c["accuracy"] != $c["accuracy_from"] || $c["loss"] != $c["loss_from"] { bad = 1 }
    $c["what"] != "L0+L1+W_E+W_pos+W_U" { bad = 1 }
    END { exit bad || N != 4 * 3 * 2 }'
expect_exit 0 induct-graft tiny --head '*' --part qk --embedding --from 2000 --into 2000
expect_true 'of itself nothing changes' rows "$cli_out" '
    $c["accuracy"] != $c["accuracy_into"] || $c["loss"] != $c["loss_into"] { bad = 1 }
    $c["rescue"] != 0 || $c["rescue_lo"] != 0 || $c["rescue_hi"] != 0 { bad = 1 }
    $c["what"] != "L0H0:qk+L0H1:qk+L1H0:qk+L1H1:qk+W_E" { bad = 1 }
    END { exit bad || N < 1 }'

# QK and OV together are the head; each alone is not.
for part in all qk ov; do
    expect_exit 0 induct-graft tiny --head L1H0 --part $part --from 3000 --into 1000 --periods 7
    except "$cli_out" what | tail -n 1 >$part.tsv
done
expect_true 'parts differ' bash -c '! cmp -s all.tsv qk.tsv && ! cmp -s all.tsv ov.tsv && ! cmp -s qk.tsv ov.tsv'

# Each head alone, of those named or of all; several random heads, which the seed decides.
expect_exit 0 induct-graft tiny --head 'L0H*' --each --from 3000 --into 1000 --periods 7,10
rows "$cli_out" '$c["what"] == "L0H1"' >each.tsv
rows placebo.tsv '$c["what"] == "L0H1"' >alone.tsv
expect_true 'there are some' test -s each.tsv
expect_same alone.tsv each.tsv
expect_exit 0 induct-graft tiny --head '*' --each --part ov --from 3000 --into 1000 --periods 7
tail -n +2 "$cli_out" >named.tsv # below its command line
expect_exit 0 induct-graft tiny --each --part ov --from 3000 --into 1000 --periods 7
expect_true 'all four, each alone' test "$(cells "$cli_out" what | paste -sd ' ')" = 'L0H0:ov L0H1:ov L1H0:ov L1H1:ov'
expect_same named.tsv <(tail -n +2 "$cli_out")
expect_exit 0 induct-graft tiny --head L0H1 --placebo --random 3 --from 3000 --into 1000 --periods 7
expect_true 'three of them, not alike' test \
    "$(rows "$cli_out" '$c["kind"] == "random" { print $c["loss"] }' | sort -u | wc -l)" -eq 3
expect_stdout_has $'random3\trandom\t7\t'
rows "$cli_out" '$c["what"] == "random1" { print $c["loss"] }' >random.tsv
rows placebo.tsv '$c["what"] == "random" && $c["period"] == 7 { print $c["loss"] }' >random_alone.tsv
expect_same random_alone.tsv random.tsv

# ---- Another run ----

needs induct-train
induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 32 --context 24 --period 5:8 \
    --batch 4 --epochs 10 --checkpoint-every 10 --seed 6 --quiet -o other >train.txt 2>&1
expect_exit 0 induct-graft tiny --layer 0,1 --embedding --positions --unembed --from-run other --from last
expect_true 'its donor is the other run' rows "$cli_out" '
    $c["epoch_from"] != 10 || $c["epoch_into"] != 3000 { bad = 1 }
    $c["accuracy"] != $c["accuracy_from"] || $c["accuracy_from"] == $c["accuracy_into"] { bad = 1 }
    END { exit bad || N < 1 }'
induct-train --layers 2 --heads 2 --d-model 16 --d-head 4 --vocab 32 --context 24 --period 5:8 \
    --batch 4 --epochs 1 --quiet -o narrow >train.txt 2>&1
expect_exit 1 induct-graft tiny --head L0H0 --from-run narrow --from last
expect_stderr_has 'induct-graft: narrow: the donor'
expect_exit 1 induct-graft tiny --head L0H0 --from-run nowhere --from last
expect_stderr_has 'nowhere'
expect_stderr_lines 1

# ---- The heat map, threads ----

for threads in 1 2 4; do
    expect_exit 0 induct-graft tiny --head L0H1 --placebo --from : --into : --periods 7,10 \
        --sequences 10 --threads $threads -o t$threads.tsv --map map.png
    expect_stderr_has 'wrote map.png'
    mv map.png t$threads.png
done
expect_same t1.tsv t2.tsv
expect_same t1.tsv t4.tsv
expect_same t1.png t4.png
expect_true 'a picture' grep -q '^.PNG' t1.png
expect_true 'four by four, three grafts, two periods' test "$(wc -l <t1.tsv)" -eq 98
expect_exit 1 induct-graft tiny --head L0H1 --from 0 --periods 7 --map nowhere/map.png
expect_stderr_has 'nowhere/map.png'

# ---- What it refuses ----

expect_exit 64 induct-graft tiny --head L0H1
expect_stderr_has '--from: the epochs of the donors, as 20000 or 2000:24000:2000'
expect_exit 64 induct-graft tiny --from 0
expect_stderr_has 'nothing to graft: say --heads, --each, --layer, --embedding, --positions or --unembed'
expect_exit 64 induct-graft tiny --from 0 --layer 1 --part qk
expect_stderr_has '--part goes with --heads or --each'
expect_exit 64 induct-graft tiny --from 0 --head L0H0 --random 2
expect_stderr_has '--random goes with --placebo'
expect_exit 1 induct-graft tiny --from 0 --head 'L0H*' --placebo
expect_stderr "induct-graft: --placebo stands beside one head, and L0H0+L0H1 is not one"
expect_exit 1 induct-graft tiny --from 0 --head L3H0
expect_stderr "induct-graft: --heads: no head matches 'L3H0': the model has L0H0 to L1H1"
expect_exit 1 induct-graft tiny --from 0 --layer 2
expect_stderr 'induct-graft: --layer: 2, but the model has layers 0 to 1'
expect_exit 1 induct-graft tiny --from 77 --head L0H0
expect_stderr "induct-graft: --from: no checkpoint matches '77': tiny has 4, epochs 0 to 3000; nearest 0 and 1000"
expect_exit 1 induct-graft tiny --from 0 --into 77 --head L0H0
expect_stderr "induct-graft: --into: no checkpoint matches '77': tiny has 4, epochs 0 to 3000; nearest 0 and 1000"
expect_exit 1 induct-graft tiny --from x --head L0H0
expect_stderr "induct-graft: --from: 'x' is not a whole number"
expect_exit 1 induct-graft tiny --from 0 --head L0H0 --periods 23
expect_stderr 'induct-graft: tiny: --periods: 23 leaves nothing to predict in a context of 24 (1 to 22)'
