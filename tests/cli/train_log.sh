#!/bin/bash
# metrics.tsv: its columns, what its accuracies outside training rest on, and how a run that an
# earlier version began goes on.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 5 --ood 3,8
       --ood-sequences 8 --batch 8 --quiet)
train() {
    expect_exit 0 induct-train "${small[@]}" -o "$@"
}
columns() { # of a run's metrics.tsv
    head -n 1 "$1/metrics.tsv" | tr '\t' ' '
}

# ---- Columns -----------------------------------------------------------------------------------
train a --epochs 40 --checkpoint-every 20 --log-every 10
[[ $(columns a) == "epoch loss accuracy induction_accuracy batch_period excess_loss ood_3 ood_8 seconds" ]] ||
    cli_fail "other columns: $(columns a)"
# a vocabulary of 16, period 5, 23 predictions, of which 4 cannot be foreseen: ln(15) 4/23
expect_true "the rows of metrics.tsv are wrong" rows a/metrics.tsv '
    function share(x) { return x >= 0 && x <= 1 }
    $c["epoch"] != 10 * (N - 1) || !($c["loss"] > 0 && $c["loss"] < 5) || !($c["seconds"] >= 0) { exit 1 }
    !share($c["accuracy"]) || !share($c["induction_accuracy"]) { exit 1 }
    !share($c["ood_3"]) || !share($c["ood_8"]) { exit 1 }
    { floor = $c["loss"] - $c["excess_loss"] - log(15) * 4 / 23 }
    $c["batch_period"] != 5 || floor > 1e-5 || floor < -1e-5 { exit 1 }
    END { exit N != 5 }'

# The period is the batch's own; where each sequence has one, their mean.
train drawn --period 4:9 --epochs 60 --log-every 1
expect_true "not each of 4:9" diff <(cells drawn/metrics.tsv batch_period | sort -nu) <(seq 4 9)
train each --period 4:9 --period-per sequence --loss repeated --epochs 5 --log-every 1
expect_true "no mean of periods, or a floor where nothing is random" rows each/metrics.tsv '
    { broken += $c["batch_period"] != int($c["batch_period"]) }
    $c["loss"] - $c["excess_loss"] > 1e-5 { exit 1 }
    END { exit !broken }'

# Who reads curves sees what is measured: the batch's period is not.
expect_exit 0 induct-onset drawn/metrics.tsv
expect_stdout_has excess_loss
expect_true "the period is taken for a curve" bash -c '! grep -q batch_period "$1"' - "$cli_out"

# ---- Sequences ---------------------------------------------------------------------------------
# ood_P rests on sequences that no evaluation takes: what was chosen by it is not reported on it.
train monitored --epochs 40 --checkpoint-every 10 --log-every 10
expect_exit 0 induct-eval monitored --periods 3 -n 8
cells "$cli_out" epoch accuracy >evaluated
expect_true "training is measured on evaluation's sequences" \
    bash -c '! diff <(echo "$1") evaluated' - "$(cells monitored/metrics.tsv epoch ood_3)"
train again --epochs 40 --log-every 10 # always on the same
expect_same <(cells again/metrics.tsv ood_3 ood_8) <(cells monitored/metrics.tsv ood_3 ood_8)

# ---- Runs begun earlier ------------------------------------------------------------------------
# as the version before left them: fewer columns, on the first sequences of evaluation seed 0
begin_earlier() { # begin_earlier RUN OPTION...
    train "$@" --epochs 0 --states 1
    sed -i '/"ood_first"/d' "$1/config.json"
    except "$1/metrics.tsv" batch_period excess_loss >few
    mv few "$1/metrics.tsv"
}
begin_earlier old --checkpoint-every 10 --log-every 10
cp -r old parent
expect_exit 0 induct-train --quiet --resume old --epochs 40
[[ $(columns old) == "epoch loss accuracy induction_accuracy ood_3 ood_8 seconds" ]] ||
    cli_fail "goes on with other columns: $(columns old)"
expect_true "its rows have others" awk -F '\t' 'NF != 7 { exit 1 }' old/metrics.tsv
expect_same <(cells old/metrics.tsv epoch ood_3) evaluated
expect_same <(cells old/metrics.tsv loss accuracy) <(cells monitored/metrics.tsv loss accuracy)
# a branch is paired with its parent
expect_exit 0 induct-train --quiet --from parent@0 --epochs 40 -o branch
expect_same <(cells branch/metrics.tsv epoch ood_3) evaluated
expect_true "a branch has no period" cells branch/metrics.tsv batch_period
# with scores of heads
begin_earlier scored --log-scores prev_token --log-every 10
expect_exit 0 induct-train --quiet --resume scored --epochs 20
expect_true "scores are not where they were" rows scored/metrics.tsv '
    NF != 11 || !($c["prev_token_L1H1"] > 0 && $c["prev_token_L1H1"] < 1) { exit 1 } END { exit N != 3 }'
