#!/bin/bash
# Runs got from others: links out of the folder are not followed, sizes are looked at before memory
# is taken, and no name reaches the terminal as more than text.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 8 --d-head 4 --vocab 12 --context 16 --period 4 --ood none
       --batch 2 --quiet)
induct-train "${small[@]}" --epochs 4 --checkpoint-every 2 -o good
again() {
    rm -rf run && cp -r good run
}
refused_with() { # refused_with TEXT CMD...: one line, status 1
    local text=$1
    shift
    expect_exit 1 "$@"
    expect_stderr_has "$text"
    expect_stderr_lines 1
}
passed_over_with() { # the same of a checkpoint, which an analysis passes over and counts
    local text=$1
    shift
    expect_exit 1 "$@"
    expect_stderr_has "$text"
    expect_stderr_lines 2
}

# ---- Links -------------------------------------------------------------------------------------
outside='not opened: a link out of its folder'
printf 'a precious file without a newline' >victim
cp victim before
for file in metrics.tsv lock config.json resume.safetensors; do
    again
    rm -f run/$file && ln -s ../victim run/$file
    refused_with "run/$file: $outside" induct-train --resume run
    expect_same before victim
done
again
rm run/lock && ln -s ../made run/lock
refused_with "run/lock: $outside" induct-train --resume run
expect_no_file made
again
cp good/epoch-00000002.safetensors elsewhere
ln -sf ../elsewhere run/epoch-00000002.safetensors
passed_over_with "run/epoch-00000002.safetensors: $outside" induct-eval -q run --epochs 2
again
mv run/epoch-00000002.safetensors run/kept && ln -s kept run/epoch-00000002.safetensors
expect_exit 0 induct-eval -q run --epochs 2 # a link that stays within
ln -s good linked
expect_exit 0 induct-eval -q linked --epochs 2 # as does one to the whole
again
rm run/metrics.tsv && mkfifo run/metrics.tsv
refused_with 'run/metrics.tsv: not a regular file' timeout 10 induct-train --resume run
again
cp victim run/metrics.tsv # a file of one's own, without a newline, is no torn heading
refused_with 'its columns are not those of config.json' induct-train --resume run
expect_same victim run/metrics.tsv

# ---- Sizes: within 100 MB of memory ------------------------------------------------------------
most=$((400 << 10)) # of address space, of which libraries and threads have their share
if [[ -z ${INDUCT_INSTRUMENTED:-} ]]; then
    frugal() {
        (ulimit -v $most && exec "$@")
    }
    # Little address space at all: OpenBLAS's helper threads, which are never used, are not waited for.
    # (Some releases of OpenBLAS wait before main() where there is less than 400 MB, helpers or none.)
    little() { (ulimit -v $((150 << 10)) && exec timeout 20 "$@"); }
    if OPENBLAS_NUM_THREADS=1 little induct-eval -q good --epochs 2 --threads 1 >/dev/null; then
        expect_exit 0 little induct-eval -q good --epochs 2 --threads 1
    fi
    again
    truncate -s 3G run/epoch-00000002.safetensors
    passed_over_with 'run/epoch-00000002.safetensors: ' frugal induct-eval -q run --threads 1
    again
    truncate -s 3G run/metrics.tsv
    expect_exit 0 frugal induct-train -q --resume run --epochs 5 # what is no row is cut off
    expect_true "metrics.tsv is not cut" test "$(stat -c %s run/metrics.tsv)" -lt 10000
    again
    truncate -s 3G run/config.json
    refused_with 'more than the 2097152' frugal induct-eval -q run
    again
    truncate -s 3G run/resume.safetensors
    refused_with 'run/resume.safetensors: ' frugal induct-train -q --resume run
    printf 'epoch\tloss\n' >table.tsv
    truncate -s 3G table.tsv
    for reader in 'induct-onset' 'induct-roles' 'induct-seeds'; do
        refused_with 'table.tsv: no table: it holds a zero byte' frugal $reader table.tsv
    done
    again
    sed -i 's/"d_vocab": 12/"d_vocab": 200000/; s/"n_ctx": 16/"n_ctx": 1024/; s/"d_model": 8/"d_model": 1024/' \
        run/config.json
    refused_with 'bytes of data, the model has' frugal induct-eval -q run --threads 1
    refused_with 'bytes of data, the model has' frugal induct-train -q --resume run
fi

# ---- Names -------------------------------------------------------------------------------------
escape=$'\033[31m' csi=$'\302\233' override=$'\342\200\256'
clean() { # nothing that a terminal takes for more than text
    local bad
    bad=$(LC_ALL=C grep -c -P '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$1")
    [[ $bad -eq 0 ]] || cli_fail "$1 holds what no terminal should see: $(cat -v "$1")"
}
for mark in "$escape" "$csi" "$override"; do
    name="a${mark}b"
    expect_exit 0 induct-train "${small[@]/--quiet/--threads=1}" --epochs 2 -o "$name"
    clean "$cli_err"
    expect_exit 1 induct-train --resume "$name" --epochs 1
    clean "$cli_err"
    expect_exit 1 induct-eval "$name/none"
    clean "$cli_err"
    expect_exit 0 induct-eval "$name" --epochs last
    clean "$cli_err"
    clean "$cli_out"
    expect_exit 64 induct-eval "--$mark"
    clean "$cli_err"
    expect_exit 0 induct-eval good "$name" --epochs last
    clean "$cli_err"
    clean "$cli_out"
    expect_exit 64 induct-train "$name"
    clean "$cli_err"
    for key in preset vectors; do
        again
        sed -i "s/\"$key\": \"[^\"]*\"/\"$key\": \"x${mark/$'\033'/\\\\u001b}y\"/" run/config.json
        expect_exit 1 induct-train --resume run --epochs 5
        expect_stderr_has "$key holds a control character"
        clean "$cli_err"
    done
done

# A name that gnuplot would take for a command; and what it draws and lists is as clean.
if command -v gnuplot >/dev/null; then
    for name in '<touch made;' '|touch made;' '$x' '`touch made`' "it's" "a${escape}b" "a${csi}b" "a${override}b"; do
        [[ -e $name ]] || cp -r good "$name"
        expect_exit 0 induct-plots "$name" --figures training --format svg
        expect_stdout "$name/figures/training.svg" # a pipe has names as they are
        clean "$cli_err"
        clean "$name/figures/training.svg"
        expect_no_file made
    done
    if has_terminals; then
        expect_exit 0 on_terminal induct-plots -q "a${csi}b" --figures training --format png
        clean <(tr -d '\r' <"$cli_out")
    fi
    cp -r good $'a\nb'
    expect_exit 1 induct-plots -q $'a\nb' --figures training --format svg
    expect_stderr 'induct-plots: a?b/metrics.tsv: a line break in a name is more than gnuplot can be told'
else
    echo "no gnuplot: figures are not looked at"
fi

# ---- Other pages and screens -------------------------------------------------------------------
for name in "a${escape}b" "a${csi}b" "a${override}b"; do
    expect_exit 0 induct-watch "$name"
    clean "$cli_out"
    clean "$cli_err"
    mkdir seeds && cp -r good "seeds/$name-seed0" && cp -r good "seeds/$name-seed1"
    expect_exit 0 induct-seeds seeds/* --column loss --resamples 100
    clean "$cli_out"
    expect_exit 1 induct-seeds seeds/* --at 9
    clean "$cli_err"
    printf '%s: loss above 0\n' "$name" >criteria
    expect_exit 0 induct-seeds seeds/* --criteria criteria --each
    clean "$cli_out"
    rm -r seeds
    expect_exit 1 induct-sweep --lines 'seeds 0; epochs 2; arm a' --folder "$name"
    clean "$cli_err"
    expect_exit 1 induct-sweep status "$name"
    clean "$cli_err"
done
page=$'<img src=x onerror=alert(1)>'
mkdir -p "$page/a<" && cp -r good "$page/a<"'/script><script>alert(1)'
expect_exit 0 induct-lab -q "$page/a<"'/script><script>alert(1)' --sequences 4 --resamples 20 -o page.html
expect_true "a name is markup of the page" test "$(LC_ALL=C grep -ac 'onerror=alert\|alert(1)' page.html)" = 0
