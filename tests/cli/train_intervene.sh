#!/bin/bash
# Interventions while training do what they say, at every epoch at which they are active, in training
# and in every analysis afterwards.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 5 --ood 3,8
       --ood-sequences 8 --batch 8 --quiet --epochs 40 --checkpoint-every 10 --log-every 10)
train() { # train FOLDER [OPTION...]
    induct-train "${small[@]}" -o "$@"
}
# Values of one column at one head: values COLUMN HEAD
values() {
    rows "$cli_out" '$c["head"] == head { printf "%s%s:%.4f", sep, $c["epoch"], $c[column]; sep = " " }' \
        column="$1" head="$2"
}
expect_values() { # expect_values COLUMN HEAD "EPOCH:VALUE ..."
    local got
    got=$(values "$1" "$2")
    [[ $got == "$3" ]] || cli_fail "$1 of $2 is $got, expected $3"
}
plain() { # plain RUN COPY: the same checkpoints, and a config.json that knows of no intervention
    cp -r "$1" "$2"
    sed -i '/"interventions": \[/,/\]/d; s/"ood_sequences": 8,/"ood_sequences": 8/' "$2/config.json"
    ! grep -q interventions "$2/config.json"
}

expect_exit 0 train base

# ---- A clamped pattern is that pattern ---------------------------------------------------------
expect_exit 0 train clamp --clamp 'L0H1=prev@10:30,L1H0=uniform'
expect_exit 0 induct-score clamp --score prev_token,entropy --sequences 8
expect_stderr_has 'clamp: interventions of its training are replayed: clamp L0H1=prev@10:30; clamp L1H0=uniform'
expect_values entropy L1H0 "0:1.0000 10:1.0000 20:1.0000 30:1.0000 40:1.0000"
got=$(values prev_token L0H1)
[[ $got == 0:0.[0-8]*" 10:1.0000 20:1.0000 30:1.0000 40:0."[0-8]* ]] ||
    cli_fail "prev_token of the clamped head is $got"
# A clamped head's queries and keys have no gradient: they only decay; the other head's do not.
expect_exit 0 train half --clamp 'L0H1=prev:0.5'
expect_exit 0 induct-score base --score prev_token --sequences 8 --epochs 0 --heads L0H1
own=$(cells "$cli_out" prev_token)
expect_exit 0 induct-score half --score prev_token --sequences 8 --epochs 0 --heads L0H1
expect_true "half a clamp is not half of each" rows "$cli_out" '
    ($c["prev_token"] - (1 + own) / 2) ^ 2 >= 1e-10 { bad = 1 } END { exit bad || N != 1 }' own="$own"

# ---- Another run's pattern ---------------------------------------------------------------------
expect_exit 0 train donated --clamp 'L0H0=base@40' --seed 5
expect_exit 0 induct-score base --score prev_token,induction,entropy --sequences 8 --epochs 40 --heads L0H0
cells "$cli_out" prev_token induction entropy >wanted
expect_exit 0 induct-score donated --score prev_token,induction,entropy --sequences 8 --heads L0H0
expect_true "not the donor's pattern at every epoch" diff \
    <(cells "$cli_out" prev_token induction entropy) <(cat wanted wanted wanted wanted wanted)
mv base moved
expect_exit 1 induct-score donated --score prev_token
expect_stderr_has 'base/config.json'
mv moved base

expect_exit 1 induct-train "${small[@]}" -o none --heads 4 --clamp 'L0H0=base@40'
expect_stderr_has 'is a model of another configuration'
expect_exit 1 train none --clamp 'L0H0=clamp@20'
expect_stderr_has 'was itself trained under interventions at epoch 20'

# ---- Forbidden pp is induct-split's pp ---------------------------------------------------------
expect_exit 0 train forbid --forbid pp@20:
plain forbid forbid-plain
expect_exit 0 induct-split forbid-plain --drop pp --periods 5,8 --sequences 16
cells "$cli_out" epoch period accuracy_dropped >dropped
expect_exit 0 induct-eval forbid --periods 5,8 --sequences 16
cells "$cli_out" epoch period accuracy >honoured
expect_exit 0 induct-eval forbid-plain --periods 5,8 --sequences 16
cells "$cli_out" epoch period accuracy >ignored
expect_true "accuracies are not those without pp" cmp \
    <(awk '$1 >= 20' dropped) <(awk '$1 >= 20' honoured)
expect_true "pp is gone before its time" cmp <(awk '$1 == 0 || $1 == 10' ignored) \
    <(awk '$1 == 0 || $1 == 10' honoured)

# ---- Ablated -----------------------------------------------------------------------------------
expect_exit 0 train ablate --ablate-during L1H1
plain ablate ablate-plain
expect_exit 0 induct-ablate ablate-plain --heads L1H1 --periods 5 --sequences 16
cells "$cli_out" epoch accuracy_ablated >by-hand
expect_exit 0 induct-eval ablate --periods 5 --sequences 16
cells "$cli_out" epoch accuracy >replayed
expect_true "an ablated head speaks" cmp by-hand replayed

# ---- Frozen, decay, rates ----------------------------------------------------------------------
# tensor FILE NAME: its bytes
tensor() {
    python3 - "$@" <<'PY'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", data[:8])[0]
begin, end = json.loads(data[8:8 + size])[sys.argv[2]]["data_offsets"]
sys.stdout.buffer.write(data[8 + size + begin:8 + size + end])
PY
}
same_tensor() { cmp -s <(tensor "$1" "$3") <(tensor "$2" "$3"); }
moved_tensor() { ! same_tensor "$@"; }
if command -v python3 >/dev/null; then
    e() { printf '%s/epoch-%08d.safetensors' "$1" "$2"; }
    expect_exit 0 train freeze --freeze 'embed,W_O@11:30'
    for name in embed.W_E blocks.0.attn.W_O; do
        expect_true "$name moves while frozen" same_tensor "$(e freeze 20)" "$(e freeze 30)" $name
        expect_true "$name is frozen early" moved_tensor "$(e freeze 0)" "$(e freeze 10)" $name
        expect_true "$name is frozen for good" moved_tensor "$(e freeze 30)" "$(e freeze 40)" $name
    done
    expect_true "W_Q is frozen" moved_tensor "$(e freeze 20)" "$(e freeze 30)" blocks.0.attn.W_Q
    expect_exit 0 train scaled --lr-scale 'all=0,unembed=1'
    expect_true "W_E moves at rate 0" same_tensor "$(e scaled 0)" "$(e scaled 40)" embed.W_E
    expect_true "W_U does not move" moved_tensor "$(e scaled 0)" "$(e scaled 40)" unembed.W_U
    expect_exit 0 train kept --decay embed=0
    # Token 0 never occurs: without decay its row stays what it was.
    expect_true "token 0 decays" cmp -n 64 <(tensor "$(e kept 0)" embed.W_E) \
        <(tensor "$(e kept 40)" embed.W_E)
    tensor "$(e base 0)" embed.W_E >base-0
    tensor "$(e base 40)" embed.W_E >base-40
    expect_true "token 0 does not decay" bash -c "! cmp -s -n 64 base-0 base-40"
fi

# ---- Positions, periods ------------------------------------------------------------------------
expect_exit 0 train offset --position-offset 7 --positions learned
expect_exit 0 induct-eval offset --periods 5 --epochs last --sequences 8
expect_true "the table has no more rows" grep -q '"extra_positions": 7' offset/config.json
expect_exit 64 train none --position-offset 7 --positions rotary
expect_stderr_has 'rotary positions have no table'

# ---- Refused -----------------------------------------------------------------------------------
refuse() { # refuse WORDS OPTION...
    local words=$1
    shift
    expect_exit 64 train none "$@"
    expect_stderr_has "$words"
    expect_no_file none
}
refuse "no head matches 'L7H0'" --clamp L7H0=prev
refuse "does not say to what" --clamp L0H0
refuse "none of prev, uniform and RUN@EPOCH" --clamp L0H0=next
refuse "strength '2' must be above 0" --clamp L0H0=prev:2
refuse "run backwards" --clamp L0H0=prev@30:10
refuse "is no term" --forbid cc
refuse "no tensor is called 'W_X'" --freeze W_X
refuse "is not TENSORS=VALUE" --decay embed
refuse "no tensor is called 'nothing'" --decay nothing=0
refuse "has no position-position term" --forbid pp --layer-norm
refuse "have no position-position term" --forbid pp --positions rotary
refuse "first layer keeps" --forbid pp --layers 1
refuse "more than 16 interventions" --clamp "$(printf 'L0H0=prev,%.0s' {1..16})L0H0=prev"
