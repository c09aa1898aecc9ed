#!/bin/bash
# ctest: slow
# Ablations on the study's two published checkpoints, against rates that were computed independently in
# PyTorch on 256 sequences (about one point of error on either side).
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
[[ -n ${INDUCT_REFERENCE:-} ]] || skip 'INDUCT_REFERENCE is not set: the folder with the checkpoints'

expect_exit 0 induct-import --quiet -o study "$INDUCT_REFERENCE"/2L_varied_model_20000.pt \
    "$INDUCT_REFERENCE"/2L_varied_model_60000.pt
expect_exit 0 induct-ablate study --head L0H0,L0H2 --each --sequences 256 --resamples 0 \
    --periods 5,10,15,20,25,29,32,35,40
cp "$cli_out" got.tsv

# Column 3 on: accuracy at the periods above, in the order of the rows.
cat >want.txt <<'END'
20000 L0H0 .838 .761 .636 .793 .900 .778 .469 .317 .386
20000 L0H2 .925 .857 .767 .928 .960 .904 .717 .557 .560
60000 L0H0 .197 .076 .060 .116 .144 .119 .027 .004 .003
60000 L0H2 .899 .829 .686 .979 .993 .987 .548 .175 .012
20000 intact .985 .956 .910 .973 .979 .960 .922 .878 .805
60000 intact .915 .873 .756 .988 .994 .993 .588 .229 .020
END
expect_true 'every figure within 1.5 points' awk '
    FILENAME == "want.txt" { for (i = 3; i <= NF; i++) want[$1 " " $2, i - 3] = $i; next }
    FNR <= 2 { next }
    {
        place = seen[$1 " " $2]++
        ablated = $6 - want[$1 " " $2, place]
        intact = $5 - want[$1 " intact", place]
        bad = bad || ablated ^ 2 > .015 ^ 2 || intact ^ 2 > .015 ^ 2
        rows++
    }
    END { exit bad || rows != 36 }' want.txt got.tsv
