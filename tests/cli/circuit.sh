#!/bin/bash
# induct-circuit: its tables on the golden series, whole matrices in three forms that agree, and what it
# refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

# ---- Summaries ----

expect_exit 0 induct-circuit tiny
expect_table_file all.tsv top1=0.05 eigen=1e-3 diagonal_z=1e-3
expect_stderr ''
cp "$cli_out" all.tsv
# copy, previous and previous-any of 4 heads, matches of 2 heads through 2
expect_true '16 rows a checkpoint' test "$(tail -n +3 all.tsv | wc -l)" -eq 64
expect_true 'shares and eigenvalues are in range' rows all.tsv '
    $c["eigen"] != "nan" && ($c["eigen"] < -1 || $c["eigen"] > 1) { bad = 1 }
    $c["top1"] < 0 || $c["top1"] > 1 { bad = 1 }
    END { exit bad || !N }'
for threads in 1 2 4; do
    expect_exit 0 induct-circuit tiny --threads $threads -o threads$threads.tsv
done
expect_same threads1.tsv threads2.tsv
expect_same threads1.tsv threads4.tsv
expect_exit 0 induct-circuit tiny --head L1H1 --epochs 3000
tail -n +3 "$cli_out" >some.tsv
rows all.tsv '$c["epoch"] == 3000 && $c["head"] == "L1H1"' >rows.tsv
expect_same some.tsv rows.tsv

# Positions alone give what induct-score calls positional_prev_token.
expect_exit 0 induct-score tiny --score positional_prev_token --sequences 1
cells "$cli_out" epoch head positional_prev_token | sort >scores.tsv
rows all.tsv '$c["kind"] == "previous" { print $c["epoch"], $c["head"], $c["prev_token"] }' |
    sort >positions.tsv
expect_true 'the same as induct-score' awk -F '\t' '
    { getline other <"positions.tsv"; split(other, o, "\t")
      if ($1 != o[1] || $2 != o[2] || ($3 - o[3]) ^ 2 > 1e-10) bad = 1 }
    END { exit bad || NR != 16 }' scores.tsv

# So they do with biases, which are not positions, and where positions are added to queries and keys.
for kind in learned shortformer; do
    induct-train --layers 2 --heads 2 --d-model 8 --d-head 4 --vocab 16 --context 24 --period 4 --bias \
        --positions $kind --batch 4 --epochs 60 --lr 0.05 --quiet -o $kind >train.txt 2>&1
    expect_exit 0 induct-score $kind --score positional_prev_token -n 1 --epochs last
    tail -n +3 "$cli_out" >scores.tsv
    expect_exit 0 induct-circuit $kind --epochs last
    awk -F '\t' '$3 == "previous" { print $2 "\t" $9 }' "$cli_out" >positions.tsv
    expect_true "$kind positions with biases: the same as induct-score" awk -F '\t' '
        { getline other <"positions.tsv"; split(other, o, "\t")
          if ($2 != o[1] || $3 == "nan" || ($3 - o[2]) ^ 2 > 1e-10) bad = 1 }
        END { exit bad || NR != 4 }' scores.tsv
done

# ---- Norms ----

expect_exit 0 induct-circuit tiny --norms
expect_table_file norms.tsv
cp "$cli_out" norms.tsv
expect_true 'token 0 follows the curve of pure decay' rows norms.tsv '
    $c["matrix"] == "W_E" && $c["row"] == "0" { n++; if (($c["relative"] - $c["decay"]) ^ 2 > 1e-6) bad = 1 }
    END { exit bad || n != 4 }'
expect_exit 0 induct-circuit tiny --norms --each --epochs last
expect_true 'every token and position' test "$(grep -cE $'\tW_(E|pos)\t[0-9]+\t' "$cli_out")" -eq 56

# ---- One matrix ----

expect_exit 0 induct-circuit tiny --head L1H0 --matrix qk --tokens 3,1:2
expect_table_file qk.tsv value=1e-3
expect_exit 0 induct-circuit tiny --head L0H1 --matrix ov-pos --tokens 7 --epochs 1000
expect_true 'positions are not thinned by --tokens' test "$(tail -n +3 "$cli_out" | wc -l)" -eq 24

# The table, the array and the match's own summary are of the same numbers.
expect_exit 0 induct-circuit tiny --head L1H0 --matrix match:L0H1 --npy match.npy --values
cells "$cli_out" value >values.txt
od -An -v -t f8 -w8 -j 128 match.npy | awk '{ printf "%.6g\n", $1 }' >array.txt
expect_same values.txt array.txt
expect_true 'an array of 32 x 32' grep -aq "'descr': '<f8', 'fortran_order': False, 'shape': (32, 32)" \
    match.npy
expect_true 'top1 is the share of rows whose largest value is their own' rows "$cli_out" '
    { row = $c["row"]; value = $c["value"] }
    !(row in best) || value > best[row] { best[row] = value; at[row] = $c["column"] }
    END { for (v in at) own += at[v] == v; exit (own / 32 - top1) ^ 2 > 1e-9 }' \
    top1="$(rows all.tsv '$c["epoch"] == 3000 && $c["head"] == "L1H0" && $c["kind"] == "match" &&
        $c["via"] == "L0H1" { print $c["top1"] }')"

expect_exit 0 induct-circuit tiny --head 'L0H*' --matrix qk-pos --epochs 0,3000 --npy pos.npy
expect_stdout ''
expect_true 'an array of 2 x 2 x 24 x 24' grep -aq "'shape': (2, 2, 24, 24)" pos.npy

# ---- Pictures ----

expect_exit 0 induct-circuit tiny --head 'L1H*' --matrix ov --epochs 0,3000 --picture ov.png
expect_stdout ''
expect_stderr_has 'wrote ov.png'
expect_true 'a PNG that holds its command' grep -aq 'induct-circuit tiny' ov.png
expect_exit 0 induct-circuit tiny --head L1H0 --matrix ov --epochs 0,3000 --picture 'own-{epoch}.png' -q
expect_exit 0 induct-circuit tiny --head L1H0 --matrix ov --epochs 0,3000 \
    --picture 'same-{epoch}.png' --same-scale -q
expect_file own-0.png own-3000.png same-0.png same-3000.png
expect_stderr ''
# The largest value is at the end of training: its scale changes the first picture, not the last one's.
tell() { # the image data of a PNG, without its texts
    grep -aob IDAT "$1" | head -n 1 | cut -d : -f 1 | xargs -I{} tail -c +{} "$1" | md5sum
}
expect_true 'the last picture is the same' test "$(tell own-3000.png)" = "$(tell same-3000.png)"
expect_true 'the first picture is fainter' test "$(tell own-0.png)" != "$(tell same-0.png)"

# ---- What it refuses ----

expect_exit 1 induct-circuit tiny --matrix kq
expect_stdout ""
expect_stderr "induct-circuit: --matrix: no matrix 'kq': there are qk, qk-pos, qk-token-pos, \
qk-pos-token, ov, ov-pos and match:HEAD"
expect_exit 1 induct-circuit tiny --matrix match:L0H0
expect_stderr 'induct-circuit: match:L0H0: a match of L0H0 goes through a head of an earlier layer'
expect_exit 1 induct-circuit tiny --head L1H0 --matrix match:L0H7
expect_stderr "induct-circuit: --matrix: no head matches 'L0H7': the model has L0H0 to L1H1"
expect_exit 1 induct-circuit tiny --matrix qk-pos --tokens 1,2
expect_stderr 'induct-circuit: --tokens: qk-pos has positions on both sides, no tokens'
expect_exit 1 induct-circuit tiny --matrix qk --tokens 31,32
expect_stderr 'induct-circuit: --tokens: 32 is no token: the model has 0 to 31'
expect_exit 64 induct-circuit tiny --picture a.png
expect_stderr_has '--picture goes with --matrix'
expect_exit 64 induct-circuit tiny --matrix qk --picture a.gif
expect_exit 64 induct-circuit tiny --matrix qk --npy a.txt
expect_exit 64 induct-circuit tiny --matrix qk --norms
expect_exit 64 induct-circuit tiny --each
expect_exit 64 induct-circuit tiny --matrix qk --picture a.png --scale 1 --same-scale
expect_exit 1 induct-circuit tiny --matrix qk --npy nowhere/a.npy
expect_stderr_has 'nowhere/a.npy'
expect_no_file nowhere a.png

induct-train --layers 1 --heads 1 --d-model 8 --d-head 4 --vocab 8 --context 12 --period 3 \
    --batch 2 --positions none --epochs 1 --quiet -o none >train.txt 2>&1
expect_exit 1 induct-circuit none --matrix qk-pos
expect_stderr 'induct-circuit: qk-pos: the model has no table of positions (positions: none)'
expect_exit 0 induct-circuit none --epochs last
expect_true 'what it does not have is nan' grep -q $'previous\t-\tnan\tnan\t' "$cli_out"
