#!/bin/bash
# induct-lab: the report, the server and what it refuses, a run that grows while it is served.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs induct-lab induct-train

train() {
    induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 \
        --batch 8 --seed 1 --quiet "$@" >train.txt 2>&1
}
train --epochs 100 --checkpoint-every 25 -o small
induct-lab small -o lab.html --quiet 2>words.txt || true
! grep -q 'built without the model' words.txt || skip "$(<words.txt)"

# ---- The report ----

expect_exit 0 induct-lab small -o lab.html --quiet
expect_stdout ''
expect_true "the data are in the page" grep -aq 'id="block:0/weights/100"' lab.html
expect_true "and nothing is asked of a network" grep -aq "connect-src 'none'" lab.html
expect_exit 0 induct-lab small -o again.html --quiet --threads 1
expect_same lab.html again.html
expect_exit 0 induct-lab small small -o two.html --quiet --sequences 8 --resamples 0 --weights 2
expect_true "two runs" grep -aq 'id="block:1/weights/100"' two.html

# A run that was trained under interventions is measured under them, and its page says so.
induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --batch 8 \
    --epochs 20 --checkpoint-every 10 --forbid pp --quiet -o forbidden >train.txt 2>&1
expect_exit 0 induct-lab forbidden -o forbidden.html --quiet

# An imported model is looked at in the same period as by induct-score, and keeps the periods that
# --trained gave it; where nobody knows them the guess is said.
needs induct-import induct-export induct-score
cp small/epoch-00000100.safetensors bare-100.safetensors
induct-import -q bare-100.safetensors --heads 2 --trained 4:6 -o known >import.txt 2>&1
expect_exit 0 induct-lab known -o known.html
expect_stderr ''
induct-import -q bare-100.safetensors --heads 2 -o guessed >import.txt 2>&1
expect_exit 0 induct-lab guessed -o guessed.html
expect_stderr 'induct-lab: guessed: which periods it was trained on is not known: scores are taken at 12 (import it with --trained)'
expect_exit 0 induct-score guessed
expect_stderr_has 'guessed: which periods it was trained on is not known: 12 taken'
expect_exit 0 induct-export guessed --cache --sequences 2 -o guessed-export
expect_stderr_has 'takes sequences of period 12 (--period)'

# A mark of the template, or the end of a script, in a name is a name and nothing more.
cp -r small '<script>alert(1)@NONCE@@BLOCKS@'
expect_exit 0 induct-lab '<script>alert(1)@NONCE@@BLOCKS@' -o odd.html --quiet
expect_true "a hostile name stays data" bash -c "! grep -aq 'alert(1)' odd.html"

expect_exit 1 induct-lab small -o none/lab.html
expect_stderr_lines 1
expect_exit 1 induct-lab nothing -o lab.html
expect_exit 64 induct-lab small -o lab.html --port 8080
expect_exit 64 induct-lab small --weights 10
expect_exit 1 induct-lab small --periods 40 -o x.html
expect_no_file x.html
cp -r small broken
truncate -s -8 broken/epoch-00000050.safetensors
expect_exit 1 induct-lab broken -o x.html --quiet
expect_stderr_has 'broken/epoch-00000050.safetensors'
expect_stderr_lines 1
expect_no_file x.html

# ---- The server ----

ln -s /etc/passwd small/epoch-00000077.safetensors
mv small/metrics.tsv metrics.tsv
ln -s /etc/passwd small/metrics.tsv
before=$(ls -lR small)
start induct-lab small
wait_for 20 grep -q http "$cli_out"
expect_stdout_has 'http://127.0.0.1:'
url=$(<"$cli_out")
wait_for 20 grep -q 'epoch-00000077.safetensors: is a symbolic link' "$cli_err"
if python3 -c '' 2>/dev/null; then
    python3 "$INDUCT_SOURCE/tests/page/guard.py" "$url" || cli_fail "the guard let something through"
else
    echo "left out, what the server refuses: no python3"
fi
[[ $(ls -lR small) == "$before" ]] || cli_fail "the run was written into"
kill -INT "$cli_pid"
expect_ended 130
expect_exit 1 induct-lab small --address nowhere --quiet
expect_stderr_lines 1

# ---- Beside a training ----

start induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 \
    --batch 8 --seed 1 --epochs 50 --checkpoint-every 25 --lab -o beside
wait_for 20 grep -q 'http://127.0.0.1:' "$cli_err"
wait_for 20 grep -q 'the page is served until Ctrl-C' "$cli_err"
url=$(sed -n 's/^\(http:.*\)/\1/p' "$cli_err")
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$(tr -dc 0-9 <<<"${url##*:}")") 2>/dev/null; }
answers_no_more() { ! answers; }
expect_true "the page is there after the training" answers
kill -TERM "$cli_pid"
expect_ended 143
wait_for 5 answers_no_more
