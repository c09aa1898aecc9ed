#!/bin/bash
# induct-watch: replays a run and follows one that is on its way, as lines and on a terminal;
# induct-train --live has the same picture.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 32 --d-head 16 --vocab 16 --context 24 --period 4:6 --ood 3,8
       --batch 16 --lr 0.003)
epochs_shown() { # of the lines in a file, in their order
    sed -n 's/^epoch \([0-9,]*\)  .*/\1/p' "$1" | tr -d , | xargs
}
lines_shown() {
    grep -c '^epoch [0-9,]*  ' "$1"
}

# ---- Lines -------------------------------------------------------------------------------------
expect_exit 0 induct-train "${small[@]}" --quiet --epochs 1500 --checkpoint-every 50 -o run
expect_exit 0 induct-watch run
expect_stderr ""
[[ $(epochs_shown "$cli_out") == "$(seq -s ' ' 0 50 1500)" ]] || cli_fail "other epochs"
expect_true "no values at epoch 1,500" \
    grep -qE '^epoch 1,500  previous token L[01]H[01] [01]\.[0-9]{2}  induction L[01]H[01] [01]\.[0-9]{2}  accuracy 5:[01]\.[0-9]{2} 3:[01]\.[0-9]{2} 8:[01]\.[0-9]{2}$' "$cli_out"
cp "$cli_out" lines

# Its events are what induct-onset finds in a table of the same values.
expect_true "period 5 does not pass one half" grep -q '^epoch [0-9,]*: period.* 5[ ,].*one half$' lines
awk '/^epoch [0-9,]*  / {
        gsub(",", "", $2)
        for (i = 1; i <= NF; i++) if ($i ~ /^5:/) { sub("5:", "", $i); print $2 "\t" $i }
    }' lines | sed '1i epoch\taccuracy' >accuracy.tsv
expect_exit 0 induct-onset accuracy.tsv --column accuracy
crossing=$(rows "$cli_out" '$c["event"] == "crossing" { print $c["epoch"] }')
expect_true "another epoch than induct-onset's $crossing" \
    bash -c 'tr -d , <lines | grep -qE "^epoch $1: periods? (3 )?5.*pass(es)? one half$"' - "$crossing"

expect_exit 0 induct-watch run --epochs 500:1000:100
[[ $(epochs_shown "$cli_out") == "500 600 700 800 900 1000" ]] || cli_fail "--epochs is not heeded"
expect_exit 1 induct-watch run --epochs 501
expect_stderr_has "no checkpoint matches '501'"
expect_exit 64 induct-watch run --speed 0
expect_exit 64 induct-watch run other

# One that cannot be used is named, passed over, and counted.
cp -r run broken
truncate -s 100 broken/epoch-00000500.safetensors
expect_exit 1 induct-watch broken
expect_stderr_has 'broken/epoch-00000500.safetensors: '
expect_stderr_has '1 checkpoint was passed over'
[[ $(lines_shown "$cli_out") -eq 30 ]] || cli_fail "$(lines_shown "$cli_out") lines of 30 sound ones"

# One that was interrupted, and that nobody trains: what there is.
cp -r run interrupted
rm interrupted/epoch-00001[345]*
expect_exit 0 timeout 60 induct-watch interrupted
expect_true "not up to its last checkpoint" grep -q '^epoch 1,250 ' "$cli_out"

# ---- A run on its way --------------------------------------------------------------------------
# not there yet; then it grows; its trainer is killed and goes on; it ends
start induct-watch growing
wait_for 30 grep -q 'growing has no checkpoint yet: waiting' "$cli_err"
out=$cli_out
induct-train "${small[@]}" --quiet --epochs 200000 --checkpoint-every 20 --save-every 1000 -o growing &
trainer=$!
wait_for 60 bash -c '[[ $(grep -c "^epoch" "$1") -gt 30 ]]' - "$out"
kill -KILL $trainer
wait $trainer 2>/dev/null || true
before=$(lines_shown "$out")
induct-train --quiet --resume growing --epochs 200000 --time-limit 3 || [[ $? -eq 75 ]]
wait_for 60 bash -c '[[ $(grep -c "^epoch" "$1") -gt $2 ]]' - "$out" "$((before + 5))"
last=$(basename "$(ls growing/epoch-* | tail -n 1)" .safetensors)
last=$((10#${last#epoch-}))
next=$((last / 20 * 20 + 20))
sed -i 's/"epochs": 200000/"epochs": '"$next"'/' growing/config.json
induct-train --quiet --resume growing --epochs $next
expect_ended 0
# its only state was that of epoch 0: all was made again
expect_true "it does not say that the run went back" \
    grep -qE '^the run (begins|goes on from epoch [0-9,]*) again$' "$out"
# in order but for that, and at the end all that there are
awk '/^the run begins/ { shown = ""; last = -1; next }
    /^the run goes on/ { gsub(",", "", $7); last = $7; n = split(shown, e); shown = ""
        for (i = 1; i <= n; i++) if (e[i] + 0 <= last + 0) shown = shown " " e[i]
        next }
    BEGIN { last = -1 }
    /^epoch [0-9,]*  / { gsub(",", "", $2); if ($2 + 0 <= last + 0) print "out of order:", $2
        last = $2; shown = shown " " $2 }
    END { print shown }' "$out" >shown
[[ $(xargs <shown) == "$(cd growing && ls epoch-* | sed 's/^epoch-0*\([0-9]\)/\1/; s/\..*//' | xargs)" ]] ||
    cli_fail "other checkpoints were shown than there are: $(<shown)"

# A folder that becomes another run: from its beginning.
start induct-watch other
wait_for 30 grep -q waiting "$cli_err"
cp -r run other
rm other/epoch-00001500.safetensors
wait_for 30 grep -q '^epoch 1,450 ' "$cli_out"
rm -r other
wait_for 30 grep -q '^the run begins again' "$cli_out"
induct-train "${small[@]}" --heads 1 --quiet --epochs 20 --checkpoint-every 10 -o other
expect_ended 0
expect_true "the new run is not shown" grep -q '^epoch 20  previous token L[01]H0' "$cli_out"

# Ctrl-C while it waits.
start induct-watch nowhere
wait_for 30 grep -q waiting "$cli_err"
kill -INT $cli_pid
expect_ended 130

# ---- A terminal --------------------------------------------------------------------------------
has_terminals || exit 0
unset NO_COLOR
# at SIZE with keys; what was written, as it was written
watched() { # watched ROWS COLUMNS KEYS COMMAND...
    local rows=$1 columns=$2 keys=$3
    shift 3
    { printf '%b' "$keys"; sleep 0.1; } |
        TERM=xterm script -qefc "stty rows $rows cols $columns; $(printf ' %q' "$@")" /dev/null
}
last_picture() { # what is left standing when it has ended
    sed 's/.*\x1b\[?1049l//; s/\x1b\[[0-9;]*m//g' "$1" | tr -d '\r' |
        awk '/^([^ ].*)?epoch [0-9,]+( |$)/ && !on { on = 1; print; next } on && /^ / { print; next } on { exit }'
}
export LC_ALL=C.UTF-8
expect_exit 0 watched 30 100 '\033[Fq' induct-watch run
cp "$cli_out" terminal
expect_true "it has no screen of its own" grep -q $'\x1b\[?1049h' terminal
expect_true "no sparklines" grep -q $'\xE2\x96' terminal
expect_true "no colours" grep -qF $'\x1b[38;5;' terminal
last_picture terminal >picture
expect_true "the last picture is another" grep -qE '^run  epoch 1,500 of 1,500' picture
expect_true "no chance" grep -q 'previous token (chance 0.1' picture
for head in L0H0 L0H1 L1H0 L1H1; do
    expect_true "no $head" grep -qE "^ $head .* [01]\.[0-9]{2}  .* [01]\.[0-9]{2}$" picture
done
# its events are those of the lines
expect_same <(grep -o '^ epoch .*' picture | sed 's/^ //') <(grep '^epoch [0-9,]*: ' lines | tail -n 6)

# Keys: pause, steps, home. End, then three steps back.
expect_exit 0 watched 30 100 '\033[F\033[D\033[D\033[Dq' induct-watch run
last_picture "$cli_out" >picture
expect_true "three steps back are not 1,350" grep -q '^run  epoch 1,350 of' picture
expect_exit 0 watched 30 100 '\033[F\033[H\033[Cq' induct-watch run
last_picture "$cli_out" >picture
expect_true "home and a step are not 50" grep -q '^run  epoch 50 of' picture

# Sizes, and what a terminal cannot show.
for size in '5 20' '10 40' '60 200'; do
    # shellcheck disable=SC2086
    expect_exit 0 watched $size '\033[Fq' induct-watch run
    last_picture "$cli_out" >picture
    expect_true "no picture at $size" grep -q 'epoch 1,500' picture
    expect_true "wider than $size" test "$(wc -L <picture)" -lt "${size#* }"
    expect_true "higher than $size" test "$(wc -l <picture)" -le "${size% *}"
done
NO_COLOR=1 LC_ALL=C expect_exit 0 watched 30 100 '\033[Fq' induct-watch run
expect_true "colours, though NO_COLOR is set" bash -c '! grep -qF $'"'"'\x1b[38'"'"' "$1"' - "$cli_out"
expect_true "not ASCII" bash -c '! LC_ALL=C grep -q $'"'"'[\x80-\xff]'"'"' "$1"' - "$cli_out"
expect_exit 0 bash -c "TERM=dumb script -qefc 'induct-watch run' /dev/null"
expect_true "drawn on a dumb terminal" bash -c '! grep -q $'"'"'\x1b'"'"' "$1"' - "$cli_out"
expect_stdout_has 'epoch 1,500  previous token'

# The same picture beside the training.
expect_exit 0 watched 30 100 '' induct-train "${small[@]}" --epochs 9000 --checkpoint-every 0 --live \
    -o seen
last_picture "$cli_out" >picture
expect_true "--live ends with another epoch" grep -q '^seen  epoch 9,000 of 9,000' picture
expect_true "--live has no events" grep -q '^ epoch [0-9,]*: ' picture
expect_exit 0 watched 30 100 '\033[Fq' induct-watch seen
expect_same <(grep -o '^ L[01]H[01]\|[01]\.[0-9]*' picture) \
    <(last_picture "$cli_out" | grep -o '^ L[01]H[01]\|[01]\.[0-9]*')
expect_exit 0 induct-train "${small[@]}" --epochs 2 --live -o piped
expect_stderr_has '--live needs a terminal'
