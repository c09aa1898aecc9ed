#!/bin/bash
# induct-roles of a run and of tables: the same either way, and what is refused.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

expect_exit 0 induct-train -q --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 56 \
    --period 20:25 --ood 3,8 --batch 4 --epochs 40 --checkpoint-every 10 --log-every 5 --seed 1 -o run
expect_exit 0 induct-roles run --all
expect_stderr ''
table() { grep -v '^#' "$1"; }
table "$cli_out" >of-run
cells of-run role rank | tr '\t' ' ' >ranks
expect_true "every head in both roles, every period, by rank" diff ranks <(
    for role in previous induction; do printf "$role %d\n" 1 2 3 4; done
    printf 'period %d\n' 1 2
)

# The same from the tables, by a file and from a pipe.
induct-score run -q --score prev_token,induction --intervals --baseline -o scores.tsv
expect_exit 0 induct-roles --all scores.tsv run/metrics.tsv
expect_true "tables say what the run says" diff of-run <(table "$cli_out")
expect_exit 0 bash -c 'induct-roles --all run/metrics.tsv - <scores.tsv'
expect_true "from a pipe too" diff of-run <(table "$cli_out")

# Of untrained heads none holds a role.
expect_exit 0 induct-roles scores.tsv run/metrics.tsv
expect_true "the heading alone" test "$(table "$cli_out" | wc -l)" = 1

# A run without a log has heads; a child's failure is one, said once by each.
mkdir bare
cp run/config.json run/epoch-*.safetensors bare
expect_exit 0 induct-roles bare --all
expect_stderr 'induct-roles: bare has no metrics.tsv: nothing is known of periods'
expect_exit 1 induct-roles run --epochs 7
expect_stderr_has "induct-score: "
expect_stderr_has 'induct-roles: induct-score failed (exit status 1)'
expect_stderr_lines 2
expect_exit 1 induct-roles run/config.json
expect_stderr_has "run/config.json: JSON lines: tables are read as TSV or CSV"
expect_exit 64 induct-roles scores.tsv --epochs last
expect_exit 64 induct-roles run bare
expect_stderr_has "one run, or tables: 'bare' is more"
