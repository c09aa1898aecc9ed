#!/bin/bash
# Two programs on one run at the same moment: nothing is lost, and who cannot go on says so in a line.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"

small=(--layers 2 --heads 2 --d-model 8 --d-head 4 --vocab 12 --context 16 --period 4 --ood none --batch 2)
induct-train "${small[@]}" --quiet --epochs 6 --checkpoint-every 2 -o run
induct-export -q run -o model >/dev/null

both() { # both CMD...: twice at once; their statuses, in order, are in $statuses, what they said in `said`
    local first second a=0 b=0
    cli_command=("$@")
    "$@" >out.1 2>err.1 </dev/null &
    first=$!
    "$@" >out.2 2>err.2 </dev/null &
    second=$!
    wait $first || a=$?
    wait $second || b=$?
    statuses=$((a < b ? a : b))$((a < b ? b : a))
    cat err.1 err.2 >said
}
gave() { # gave STATUSES TEXT: and nothing else was said
    [[ $statuses == "$1" ]] || cli_fail "statuses $statuses, expected $1: $(cat said)"
    [[ $(cat said) == "$2" ]] || cli_fail "they said: $(cat said)"
}
nothing_half() {
    [[ -z $(find . -name '*.tmp' -o -name '.part-*') ]] || cli_fail "left: $(find . -name '*.tmp' -o -name '.part-*')"
}

for ((turn = 0; turn < 3; turn++)); do
    rm -rf new mine
    both induct-train -q "${small[@]}" --epochs 4000 --checkpoint-every 2000 -o new
    gave 01 'induct-train: another induct-train is writing to new'
    both induct-import -q model.safetensors -o mine
    gave 01 'induct-import: mine already holds a run: choose another name'
    expect_exit 0 induct-eval -q mine
    both induct-export -q run -o other
    gave 00 ''
    expect_same model.safetensors other.safetensors
    both induct-eval -q run -o table.tsv
    gave 00 ''
    nothing_half
done
induct-eval -q run -o alone.tsv
expect_true "the tables differ" cmp <(grep -v '^#' alone.tsv) <(grep -v '^#' table.tsv)

# A sweep: every step once.
sweep="seeds 0:3; epochs 300; options ${small[*]}; arm a; then echo x >>{run}/taken"
both induct-sweep -q --lines "$sweep" --folder all -j 2
gave 00 ''
expect_true "a step was not taken once" test "$(cat all/a-seed*/taken | tr -d '\n')" = xxxx

# Figures: each draws its own, under a name of its own, and the last one stays.
if command -v gnuplot >/dev/null; then
    for ((turn = 0; turn < 3; turn++)); do
        rm -rf drawn && cp -r run drawn
        both induct-plots -q drawn --figures training,heads
        gave 00 ''
        expect_file drawn/figures/{training,heads}.{png,svg} drawn/figures/headlines.tsv
        nothing_half
    done
    # Who reads the names has gone: an error, and no half picture is left.
    rm -rf drawn && cp -r run drawn
    { induct-plots -q drawn --figures training,heads --threads 2 2>said; echo $? >status; } | true
    statuses=$(<status)
    gave 1 'induct-plots: cannot write: Broken pipe'
    nothing_half
fi
