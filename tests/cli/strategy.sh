#!/bin/bash
# induct-strategy: its tables on the golden series, where the trained periods come from, what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

# ---- Tables ----

expect_exit 0 induct-strategy tiny --periods 4,7,10 --sequences 32
expect_table_file all.tsv w_uniform=0.02 w_unigram=0.02 w_bigram=0.02 w_offset=0.02 w_content=0.02 \
    w_content2=0.02
expect_stderr ''
cp "$cli_out" all.tsv
for threads in 1 3; do
    expect_exit 0 induct-strategy tiny --periods 4,7,10 --sequences 32 --threads $threads
    expect_same "$cli_out" all.tsv
done

# What every row must obey: an interval holds its value, weights sum to 1, the mixture is nearest.
column() { # column NAME: its number in all.tsv
    sed -n 2p all.tsv | tr '\t' '\n' | grep -nx "$1" | cut -d: -f1
}
expect_true 'rows obey' awk -F '\t' -v m="$(column margin)" -v u="$(column kl_uniform)" \
    -v w="$(column w_uniform)" -v x="$(column kl_mixture)" '
    NR > 2 {
        sum = 0
        for (a = 0; a < 6; a++) {
            sum += $(w + a)
            if ($x > $(u + a) + 1e-4) bad = 1
        }
        if ((sum - 1) ^ 2 > 1e-8 || $(m + 1) > $m || $m > $(m + 2)) bad = 1
    }
    END { exit bad || NR != 2 + 4 * 3 }' all.tsv

expect_exit 0 induct-strategy tiny --conflict --periods 4,6,8,22 --sequences 32
expect_table_file conflict.tsv
expect_stderr_has 'period 22 after 6 does not repeat within half a context of 24: left out'

# ---- Trained periods ----

expect_exit 0 induct-strategy tiny --trained 5:8 --periods 4,7,10 --sequences 32
tail -n +2 "$cli_out" >told.tsv
tail -n +2 all.tsv >known.tsv
expect_same told.tsv known.tsv
expect_exit 1 induct-strategy tiny --trained 5,8
expect_stderr 'induct-strategy: --trained takes one range, LO:HI'
mkdir unknown
cp tiny/epoch-00003000.safetensors unknown
expect_exit 1 induct-strategy unknown --periods 7
expect_stderr_has 'trained on are not known: --trained LO:HI'
expect_exit 1 induct-strategy unknown # a refusal alone, no word of the periods that it would have taken
expect_true 'one line' test "$(wc -l <"$cli_err")" -eq 1
