#!/bin/bash
# induct-import over the golden corpus: each file that people exchange gives the model it is, or a
# refusal in its words. Made by tests/peers/corpus.py; here nothing but induct is needed.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
corpus=$INDUCT_SOURCE/tests/golden/corpus
mappings=$INDUCT_SOURCE/lib/exchange/mappings
cp -r "$corpus" files
cd files || exit 1

# The weights of models/MODEL at the epoch, as induct writes them; the notes' words are not looked at.
expect_model() { # MODEL EPOCH
    local reference=../reference-$1-$2 file
    file=$(printf 'epoch-%08d.safetensors' "$2")
    [[ -d $reference ]] || induct-import -q "models/$1.safetensors" --epoch "$2" -o "$reference"
    expect_same "../run/$file" "$reference/$file"
}

count=0
while IFS=$'\t' read -r name arguments result; do
    [[ $name == '#'* ]] && continue
    rm -rf ../run
    read -ra words <<<"${arguments//MAPPINGS/$mappings}"
    case $result in
    refused*)
        expect_exit 1 induct-import "${words[@]}" -o ../run
        expect_stderr_has "${result#refused }"
        expect_no_file ../run
        ;;
    says*)
        expect_exit 0 induct-import "${words[@]}" -o ../run
        expect_stderr_has "${result#says }"
        ;;
    same* | epochs*)
        expect_exit 0 induct-import -q "${words[@]}" -o ../run
        read -r _ model epochs <<<"$result"
        [[ $result == same* ]] || epochs=$model
        expect_true "$name: as many checkpoints as epochs" test \
            "$(find ../run -name 'epoch-*' | wc -l)" -eq "$(tr ',' '\n' <<<"$epochs" | wc -l)"
        for epoch in ${epochs//,/ }; do
            if [[ $result == same* ]]; then
                expect_model "$model" "$epoch"
            else
                expect_file "$(printf '../run/epoch-%08d.safetensors' "$epoch")"
            fi
        done
        ;;
    esac
    count=$((count + 1))
done <cases.tsv
expect_true 'all cases were tried' test "$count" -ge 110
expect_no_file EXECUTED
expect_true 'nothing is left over' test "$(find .. -name '*.tmp' | wc -l)" -eq 0
