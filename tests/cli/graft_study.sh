#!/bin/bash
# induct-graft on the study's own checkpoints: accuracy of 60,000 with L0H2 from 20,000, within 1.5
# points of what was measured independently. Wants the two published checkpoints in the folder
# INDUCT_REFERENCE.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
[[ -n ${INDUCT_REFERENCE:-} ]] || skip "INDUCT_REFERENCE names no folder with the study's checkpoints"
needs induct-import

induct-import "$INDUCT_REFERENCE"/2L_varied_model_{20000,60000}.pt -o study >import.txt 2>&1
expect_exit 0 induct-graft study --head L0H2 --from 20000 --into 60000 --sequences 256 --resamples 0 \
    --periods 5,10,15,20,25,29,32,35,40
cells "$cli_out" period accuracy accuracy_into accuracy_from >measured.tsv
printf '%s\t%s\t%s\t%s\n' 5 .880 .915 .985 10 .831 .873 .956 15 .738 .756 .910 20 .965 .988 .973 \
    25 .971 .994 .979 29 .934 .993 .960 32 .590 .588 .922 35 .309 .229 .878 40 .092 .020 .805 >expected.tsv
paste expected.tsv measured.tsv >both.tsv
expect_true "within 1.5 points: period, grafted, target, donor, and measured: $(cat both.tsv)" \
    awk -F '\t' '
    function off(a, b) { return a > b ? a - b : b - a }
    $1 != $5 || off($2, $6) > 0.015 || off($3, $7) > 0.015 || off($4, $8) > 0.015 { bad = 1 }
    END { exit bad || NR != 9 }' both.tsv
