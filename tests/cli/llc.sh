#!/bin/bash
# induct-llc: its table and traces on the golden series, the same for any threads, what it says and refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny
small=(-n 40 --batch 8 --chains 3 --burn-in 5 --steps 10 --step-size 3e-5)

# ---- The table ----

expect_exit 0 induct-llc tiny "${small[@]}" --heads L0H0,L1H1
expect_table_file heads.tsv rhat=1e-3
expect_stderr_has 'checkpoints 4, of all weights and 2 heads; chains 3 of 5 + 10 steps: 540 gradients of 8 sequences, about '
expect_stderr_lines 1
cp "$cli_out" heads.tsv
# More threads than chains are shared among checkpoints.
for threads in 1 2 3 7 40; do
    expect_exit 0 induct-llc tiny "${small[@]}" --heads L0H0,L1H1 --threads $threads -q
    expect_stderr ''
    expect_same "$cli_out" heads.tsv
done
expect_true 'rows obey' rows heads.tsv '
    !($c["llc_lo"] <= $c["llc"] && $c["llc"] <= $c["llc_hi"]) || $c["diverged"] != 0 || $c["draws"] != 30 ||
        !($c["below"] >= 0 && $c["below"] <= 1) { bad = 1 }
    { weights[$c["head"]] = $c["weights"] }
    END { exit bad || N != 12 || weights["L0H0"] != weights["L1H1"] || weights["all"] < 4 * weights["L0H0"] }'

# A head's rows are the same whatever else is asked for; another seed gives other ones.
expect_exit 0 induct-llc tiny "${small[@]}" -q --heads L1H1 --epochs last
expect_same <(rows "$cli_out" 1) <(rows heads.tsv '$c["epoch"] == 3000 && $c["head"] != "L0H0"')
expect_exit 0 induct-llc tiny "${small[@]}" -q --epochs last --seed 1
expect_true 'another seed, another number' \
    test "$(cells "$cli_out" llc)" != "$(rows heads.tsv '$c["epoch"] == 3000 && $c["head"] == "all" { print $c["llc"] }')"

# What was interrupted is gone on with.
expect_exit 0 induct-llc tiny "${small[@]}" -q --heads L0H0,L1H1 -o part.tsv
head -n 5 part.tsv >cut.tsv && mv cut.tsv part.tsv
expect_exit 0 induct-llc tiny "${small[@]}" -q --heads L0H0,L1H1 -o part.tsv --continue
expect_same <(rows part.tsv 1) <(rows heads.tsv 1)

# It stops at once, however long a checkpoint still takes.
start induct-llc tiny --epochs last --chains 1 --burn-in 0 --steps 3000000 -o long.tsv
wait_for 30 grep -q 'gradients of' "$cli_err"
kill -INT "$cli_pid"
expect_ended 130
expect_stderr_has 'interrupted before the first of 1 checkpoints'
expect_no_file long.tsv

# ---- Traces ----

expect_exit 0 induct-llc tiny "${small[@]}" -q --heads L0H0,L1H1 --traces
cp "$cli_out" traces.tsv
expect_true 'one row a step' test "$(cells traces.tsv step | wc -l)" -eq $((4 * 3 * 3 * 15))
expect_true 'a chain begins at the checkpoint' rows traces.tsv '
    $c["step"] == 0 && $c["excess"] ^ 2 > 1e-11 { bad = 1 }
    $c["draw"] != ($c["step"] >= 5) { bad = 1 }
    END { exit bad }'
# The mean of the draws is the coefficient over nbeta = 8 / ln(8), up to the digits that are printed.
rows traces.tsv '$c["draw"] { sum[$c["epoch"] " " $c["head"]] += $c["excess"] * 8 / log(8) / 30 }
    END { for (key in sum) print key, sum[key] }' | sort >means
rows heads.tsv '{ print $c["epoch"] " " $c["head"], $c["llc"] }' | sort >coefficients
expect_true 'means are the coefficients' awk '
    NR == FNR { of[$1 " " $2] = $3; next }
    ($3 - of[$1 " " $2]) ^ 2 > 1e-10 * ($3 ^ 2 + 1e-4) { bad = 1 }
    END { exit bad || FNR != 12 }' coefficients means

# ---- Options ----

# All sequences at every step, twice as hot; the data of other periods.
expect_exit 0 induct-llc tiny "${small[@]}" -q --epochs last --batch 40 --nbeta 20 --gamma 5000
expect_table_file hot.tsv rhat=1e-3
expect_exit 0 induct-llc tiny "${small[@]}" -q --epochs last --periods 9,10
expect_table_file periods.tsv rhat=1e-3
expect_exit 0 induct-llc tiny "${small[@]}" -q --epochs last --chains 1 --steps 1
expect_true 'one chain has no interval' test "$(cells "$cli_out" llc_lo sd rise rhat)" = $'nan\tnan\tnan\tnan'

# ---- What is wrong with chains ----

expect_exit 0 induct-llc tiny "${small[@]}" --epochs last --heads L0H0 --step-size 1 --gamma 100
expect_stderr_has 'epoch 3000, all and 1 more: a chain is no longer finite, the coefficient nan: a smaller --step-size?'
expect_true 'all chains' test "$(cells "$cli_out" llc diverged below)" = $'nan\t3\tnan\nnan\t3\tnan'
expect_exit 0 induct-llc tiny "${small[@]}" --epochs first --step-size 1e-9 --nbeta 1e8 --gamma 0
expect_stderr_has 'epoch 0, all: draws have less loss than the centre, which is no minimum then'
expect_true 'it is negative' test "$(cells "$cli_out" below)" = 1
expect_exit 0 induct-llc tiny "${small[@]}" --epochs last --step-size .03 --gamma 0 --nbeta .01
expect_stderr_has 'epoch 3000, all: the draws are worse than the centre by more than knowing nothing costs'

# ---- What it refuses ----

refuses() { # STATUS TEXT OPTION...
    expect_exit "$1" induct-llc tiny -q "${small[@]}" "${@:3}"
    expect_stdout ''
    expect_stderr_has "$2"
}
refuses 64 '--steps' --steps 0
refuses 64 '--chains' --chains 0
refuses 64 '--burn-in' --burn-in -1
refuses 64 '--gamma' --gamma -1
refuses 64 '--step-size' --step-size 0
refuses 64 '--step-size' --step-size nan
refuses 64 '--nbeta' --nbeta 0
refuses 1 "no head matches 'L2H0'" --heads L2H0
refuses 1 "no checkpoint matches '77'" --epochs 77
refuses 1 'a batch of 8 cannot be drawn from 7 sequences: --batch, -n' -n 7
refuses 1 'batch / ln(batch) is not defined for a batch of 1: --nbeta says it' --batch 1
refuses 1 '--periods: 23 leaves nothing to predict in a context of 24 (1 to 22)' --periods 4,23
mkdir unknown
cp tiny/epoch-00003000.safetensors unknown
expect_exit 1 induct-llc unknown -q
expect_stderr 'induct-llc: unknown: the periods that this model was trained on are not known: which sequences are its losses of? --periods LIST'
expect_exit 0 induct-llc unknown "${small[@]}" -q --periods 5:8
# The batch is the run's, here 32, as far as there are sequences, and at least 8.
expect_exit 0 induct-llc tiny --epochs last -n 40 --chains 1 --burn-in 0 --steps 1
expect_stderr_has '1 gradients of 32 sequences'
expect_exit 0 induct-llc tiny --epochs last -n 5 --chains 1 --burn-in 0 --steps 1
expect_stderr_has '1 gradients of 5 sequences'
