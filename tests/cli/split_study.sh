#!/bin/bash
# induct-split on the study's own checkpoints: accuracy at epoch 60,000 without the position-position
# term of the layer-1 scores, within 1.5 points of what was measured independently. Wants the two
# published checkpoints in the folder INDUCT_REFERENCE.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
[[ -n ${INDUCT_REFERENCE:-} ]] || skip "INDUCT_REFERENCE names no folder with the study's checkpoints"
needs induct-import

induct-import "$INDUCT_REFERENCE"/2L_varied_model_{20000,60000}.pt -o study >import.txt 2>&1
expect_exit 0 induct-split study --epochs 60000 --drop pp --sequences 256 --resamples 0 \
    --periods 5,10,15,20,25,29,32,35,40
cut -f 3,4,5 "$cli_out" | tail -n +3 >measured.tsv
printf '%s\t%s\t%s\n' 5 .915 .949 10 .873 .903 15 .756 .918 20 .988 .958 25 .994 .932 \
    29 .993 .917 32 .588 .905 35 .229 .896 40 .020 .872 >expected.tsv
paste expected.tsv measured.tsv >both.tsv
expect_true "within 1.5 points: period, as it is, without PP, and measured: $(cat both.tsv)" \
    awk -F '\t' '
    function off(a, b) { return a > b ? a - b : b - a }
    $1 != $4 || off($2, $5) > 0.015 || off($3, $6) > 0.015 { bad = 1 }
    END { exit bad || NR != 9 }' both.tsv

# The positional prior over the trained offsets: absent from the content part, grown by 60,000.
expect_exit 0 induct-split study --bump --offsets 19:28
expect_true 'every head of layer 1 has a larger bump at 60,000 than at 20,000' awk -F '\t' '
    $1 == 20000 { early[$2] = $3 }
    $1 == 60000 { n++; if ($3 < 3 || $3 < 2 * early[$2]) bad = 1 }
    END { exit bad || n != 4 }' "$cli_out"
