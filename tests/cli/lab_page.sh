#!/bin/bash
# The lab in a browser: a report from the disk, the served page's numbers against the programs', a
# page that looks on while a run trains.
# ctest: slow
# ctest: timeout 1200
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
needs induct-lab induct-train
[[ -f $INDUCT_BUILD/wasm/induct.wasm ]] || skip "no clang for WebAssembly (.ci/setup)"
[[ -x /usr/bin/chromedriver ]] || skip "no browser (.ci/setup page)"
python=/usr/bin/python3 # Debian's: the one that has Debian's selenium
"$python" -c 'import selenium' 2>/dev/null || skip "no python3-selenium (.ci/setup page)"

in_browser() {
    "$python" "$INDUCT_SOURCE/tests/page/browser.py" "$@"
    case $? in
    0) ;;
    77) skip "no browser" ;;
    *) cli_fail "in the browser: $1" ;;
    esac
}

cp -r "$INDUCT_SOURCE/tests/golden/tiny" tiny
printf 'epoch\tloss\taccuracy\tinduction_accuracy\tseconds\n0\t2.8\t.06\t.06\t0\n3000\t1\t.7\t.9\t9\n' \
    >tiny/metrics.tsv

expect_exit 0 induct-lab tiny -o lab.html --quiet
in_browser report lab.html tiny

start induct-lab tiny --port "$(free_port)"
wait_for 20 grep -q http "$cli_out"
in_browser served "$(<"$cli_out")" tiny
kill -INT "$cli_pid" # with the page's connections just closed, or still open
expect_ended 130

induct-train --layers 2 --heads 2 --d-model 16 --d-head 8 --vocab 16 --context 24 --period 4:6 --batch 8 \
    --seed 1 --quiet --epochs 100000000 --checkpoint-every 2000 -o growing >train.txt 2>&1 &
trainer=$!
wait_for 20 test -f growing/epoch-00002000.safetensors
start induct-lab growing
wait_for 20 grep -q http "$cli_out"
in_browser live "$(<"$cli_out")"
kill "$trainer" "$cli_pid"
wait "$trainer" || true
expect_ended 143
