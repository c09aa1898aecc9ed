#!/bin/bash
# induct-compose: its table on the golden series, the pairs it prints, and what it refuses.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

# ---- The table ----

expect_exit 0 induct-compose tiny
expect_table_file all.tsv z=1e-3 weighted=1e-3
expect_stderr ''
cp "$cli_out" all.tsv

# Every number of a pair is the same whatever else is printed: p_holm too, which is over all pairs.
expect_exit 0 induct-compose tiny --pair 'L0H1:L1H*' --epochs 3000
tail -n +3 "$cli_out" >some.tsv
rows all.tsv '$c["epoch"] == 3000 && $c["writer"] == "L0H1"' >rows.tsv
expect_same some.tsv rows.tsv
expect_true 'six rows' test "$(wc -l <rows.tsv)" -eq 6
expect_exit 0 induct-compose tiny --pair L0H0,L0H1:L1H1 --epochs last
expect_true 'six rows' test "$(tail -n +3 "$cli_out" | wc -l)" -eq 6

# What every row must obey: a score is in [0,1], excess = score^2 - 1/16, z has its sign.
expect_true 'scores and their chance agree' rows all.tsv '
    { score = $c["score"]; excess = $c["excess"] }
    score < 0 || score > 1 || $c["chance"] != 0.25 { bad = 1 }
    (excess - (score * score - 0.0625)) ^ 2 > 1e-10 || $c["z"] * excess < 0 { bad = 1 }
    ($c["overlap_z"] - ($c["overlap"] - 4) / sqrt(2 / (15 * 18) * 16)) ^ 2 > 1e-8 { bad = 1 }
    $c["overlap"] > 8 || $c["overlap_chance"] != 4 || $c["p_holm"] > 1 { bad = 1 }
    END { exit bad || N != 4 * 12 }'

# ---- Data weighting ----

expect_exit 0 induct-compose tiny --sequences 0
expect_true 'weighted is nan without sequences' rows "$cli_out" '
    $c["weighted"] != "nan" { bad = 1 } END { exit bad || !N }'
except "$cli_out" weighted >without.tsv
except all.tsv weighted >with.tsv
expect_same without.tsv with.tsv
expect_exit 0 induct-compose tiny --sequences 4 --period 11
expect_true 'other data, other weights' test "$(cells "$cli_out" weighted)" != "$(cells all.tsv weighted)"

# ---- Threads, formats ----

for threads in 1 2 4; do
    expect_exit 0 induct-compose tiny --threads $threads -o threads$threads.tsv
done
expect_same threads1.tsv threads2.tsv
expect_same threads1.tsv threads4.tsv
expect_exit 0 induct-compose tiny --epochs 0 --pair L0H0:L1H0 --format csv
expect_stdout_has 'epoch,writer,reader,kind,score,chance,z,p_holm,overlap,overlap_chance,overlap_z,weighted'
expect_stdout_has '0,L0H0,L1H0,q,'
expect_exit 0 env INDUCT_RUN=tiny induct-compose --epochs last
expect_stderr_has 'tiny'

# ---- What it refuses ----

expect_exit 1 induct-compose tiny --pair L0H2:L1H0
expect_stderr "induct-compose: --pair: no head matches 'L0H2': the model has L0H0 to L1H1"
expect_exit 1 induct-compose tiny --pair L1H0:L0H0
expect_stderr "induct-compose: --pair: 'L1H0:L0H0' has no pair of which the writer's layer comes first"
expect_exit 1 induct-compose tiny --pair L0H0
expect_stderr "induct-compose: --pair: 'L0H0' is not WRITER:READER, as in L0H2:L1H*"
expect_exit 64 induct-compose tiny --sequences -1
expect_stderr_has '--sequences'
expect_exit 1 induct-compose nowhere
expect_stderr_has 'nowhere'

mkdir damaged
cp tiny/* damaged/
truncate -s 9000 damaged/epoch-00002000.safetensors
expect_exit 1 induct-compose damaged --strict
expect_stderr_has 'damaged/epoch-00002000.safetensors'
expect_stderr_lines 1
expect_true 'rows before the damage are there' test "$(tail -n +3 "$cli_out" | wc -l)" -eq 24

induct-train --layers 1 --heads 2 --d-model 8 --d-head 4 --vocab 8 --context 12 --period 3 \
    --batch 2 --epochs 1 --quiet -o one >train.txt 2>&1
expect_exit 1 induct-compose one
expect_stderr 'induct-compose: one: a model of one layer has no pair of heads to compose'
expect_exit 1 bash -c 'induct-compose tiny >/dev/full'
expect_stderr_has 'No space left on device'
