#!/bin/bash
# induct-edges: its tables on the golden series, what modes have in common, what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

expect_exit 0 induct-edges tiny --epochs last --sequences 16
expect_table_file corrupt.tsv
expect_stderr ''
cp "$cli_out" corrupt.tsv
for threads in 1 3; do
    expect_exit 0 induct-edges tiny --epochs last --sequences 16 --threads $threads
    expect_same "$cli_out" corrupt.tsv
done

# An interval holds its value; an error is the attribution less the effect; values of the last layer
# and the logits are linear; positions are the same in both runs.
expect_true 'rows obey' rows corrupt.tsv '
    $c["effect_lo"] > $c["effect"] || $c["effect"] > $c["effect_hi"] { bad = 1 }
    ($c["attribution"] - $c["effect"] - $c["error"]) ^ 2 > 1e-8 { bad = 1 }
    ($c["attribution_ig"] - $c["effect"] - $c["error_ig"]) ^ 2 > 1e-8 { bad = 1 }
    $c["reader"] ~ /^(logits|L1H.[.]V)$/ && $c["error"] ^ 2 > 1e-8 { bad = 1 }
    $c["reader"] == "logits" && $c["error_ig"] ^ 2 > 1e-8 { bad = 1 }
    $c["source"] == "position" && $c["effect"] != 0 { bad = 1 }
    END { exit bad || N != 2 * 13 + 2 * 7 + 2 }'

expect_exit 0 induct-edges tiny --epochs last --sequences 16 --mode zero
one=(accuracy_delta=4e-3) # one of 272 predictions
expect_table_file zero.tsv "${one[@]}"
expect_exit 0 induct-edges tiny --epochs last --sequences 16 --mode mean
expect_table_file mean.tsv "${one[@]}"
expect_exit 64 induct-edges tiny --mode none
expect_stderr_has '--mode'
expect_exit 64 induct-edges tiny --ig -1
expect_exit 64 induct-edges tiny --random 3
expect_stderr_has '--faithfulness'

# Without integrated gradients all else is the same.
expect_exit 0 induct-edges tiny --epochs last --sequences 16 --ig 0
expect_true 'no integrated gradients' rows "$cli_out" '$c["attribution_ig"] != "nan" { exit 1 }'
except "$cli_out" attribution_ig error_ig >without
except corrupt.tsv attribution_ig error_ig >with
expect_same without with

# The agreement is that of the rows.
expect_exit 0 induct-edges tiny --epochs last --sequences 16 --agreement
expect_table_file agreement.tsv
expect_true 'the agreement is that of the rows' awk -F '\t' -v want="$(cells "$cli_out" error error_ig)" '
    /^#/ { next }
    !heading { for (i = 1; i <= NF; i++) c[$i] = i; heading = 1; next }
    {
        size += sqrt($c["effect"] ^ 2)
        error += sqrt($c["error"] ^ 2)
        error_ig += sqrt($c["error_ig"] ^ 2)
    }
    END { split(want, w); exit (error / size - w[1]) ^ 2 > 1e-8 || (error_ig / size - w[2]) ^ 2 > 1e-8 }' corrupt.tsv

# All edges are the model; sets chosen at random are the same whoever else is chosen.
expect_exit 0 induct-edges tiny --epochs last --sequences 16 --faithfulness
expect_table_file faithfulness.tsv faithfulness=2e-3 faithfulness_lo=2e-3 faithfulness_hi=2e-3 random=2e-3 random_lo=2e-3 random_hi=2e-3
cp "$cli_out" faithfulness.tsv
expect_true 'all edges are the model' rows faithfulness.tsv '
    $c["kept"] == $c["edges"] && ($c["faithfulness"] != 1 || $c["random"] != 1) { exit 1 }
    $c["edges"] != 2 * 13 + 2 * 7 + 2 - 13 { exit 1 }'
expect_exit 0 induct-edges tiny --epochs last --sequences 16 --faithfulness --threads 3
expect_same "$cli_out" faithfulness.tsv
