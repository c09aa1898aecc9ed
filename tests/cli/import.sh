#!/bin/bash
# induct-import and induct-export: there and back, whole or not at all, and what they refuse.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
lens=$INDUCT_SOURCE/tests/golden/transformer_lens
tiny=$INDUCT_SOURCE/tests/golden/tiny
seeds=$INDUCT_SOURCE/tests/fuzz/seeds/zip

# ---- In ----

expect_exit 0 induct-import "$lens/layernorm.safetensors" -o ln
expect_stderr_has "says no epoch: taken as 0"
expect_stderr_has "TransformerLens's layout: 2 layers of 2 heads, d_model 8, d_head 4, vocabulary 7, \
context 9, learned positions, LN, biases"
expect_file ln/config.json ln/epoch-00000000.safetensors
expect_true 'it says that it is imported' grep -q '"imported": true' ln/config.json
expect_exit 0 induct-score ln --period 3 --sequences 2

# A PyTorch file, heads said, several files, epochs from their names and from --epoch.
cp "$seeds/study.pt" model_20.pt
cp "$seeds/study.pt" model_100.pt
expect_exit 0 induct-import -q model_100.pt model_20.pt --heads 2 -o two
expect_stderr ''
expect_file two/epoch-00000020.safetensors two/epoch-00000100.safetensors
expect_exit 0 induct-import -q model_20.pt "$seeds/nested.pt" --heads 2 --epoch 5,7 -o named
expect_file named/epoch-00000005.safetensors named/epoch-00000007.safetensors

expect_exit 1 induct-import model_20.pt -o half
expect_stderr_has 'induct-import: model_20.pt: how many heads share its 4 columns of W_Q? (--heads N'
expect_exit 1 induct-import model_20.pt model_20.pt --heads 2 -o half
expect_stderr_has 'model_20.pt: a second checkpoint of epoch 20'
expect_exit 1 induct-import model_20.pt "$lens/plain.safetensors" --epoch 1,2 --heads 2 -o half
expect_stderr_has 'model_20.pt, by the configuration of '
cp "$lens/plain.safetensors" bare_7.safetensors
expect_exit 1 induct-import model_20.pt bare_7.safetensors -o half --heads 2
expect_stderr_has 'bare_7.safetensors: not the same kind of model as model_20.pt: layers 2 here, 1 there'
cp model_20.pt final.pt
expect_exit 1 induct-import model_20.pt final.pt --heads 2 -o half
expect_stderr_has 'final.pt: neither its name nor the file says which epoch it is'
expect_exit 1 induct-import model_20.pt --heads 2 --epoch 1,2 -o half
expect_stderr_has '--epoch names 2 epochs for 1 model'
expect_exit 1 induct-import model_20.pt missing.pt --heads 2 -o half
expect_stderr_has 'missing.pt: cannot open: No such file or directory'
expect_exit 1 induct-import "$seeds/linear.pt" -o half
expect_stderr_has 'linear.pt: its tensors'"'"' names (weight, ..., bias) are neither'
expect_no_file half
expect_true 'nothing is left over' test "$(find . -name '*.tmp' | wc -l)" -eq 0

expect_exit 1 induct-import -q model_20.pt --heads 2 -o two
expect_stderr 'induct-import: two already holds a run: choose another name'
mkdir full && touch full/notes
expect_exit 1 induct-import -q model_20.pt --heads 2 -o full
expect_stderr 'induct-import: full already exists'
mkdir empty
expect_exit 0 induct-import -q model_20.pt --heads 2 -o empty/
expect_file empty/config.json
expect_exit 1 induct-import -q model_20.pt --heads 2 -o model_100.pt/run
expect_stderr_has 'Not a directory'
expect_stderr_lines 1
expect_exit 64 induct-import -o x
expect_exit 1 induct-import model_20.pt
expect_stderr 'induct-import: no run to make: -o RUN names it'
expect_exit 64 induct-import model_20.pt --heads 0 -o x

# What is hostile: one line, exit 1.
printf '\200\002cposix\nsystem\n.' >system.pkl
mkdir -p archive && cp system.pkl archive/data.pkl
if command -v zip >/dev/null; then
    zip -q0 -r hostile.pt archive
    expect_exit 1 induct-import hostile.pt -o half
    expect_stderr_has 'induct-import: hostile.pt: it holds an object of posix.system, no state dict'
    head -c 100000000 /dev/zero >archive/data.pkl
    zip -q9 -r bomb.pt archive
    expect_exit 1 induct-import bomb.pt -o half
    expect_stderr_has 'induct-import: bomb.pt: entry data.pkl: it has 100000000 bytes, more than the 16777216'
fi
expect_no_file half

# ---- Out ----

mkdir out
expect_exit 0 induct-export "$tiny" --epoch 3000 -o out/tiny
expect_stdout $'out/tiny.safetensors\nout/tiny.json'
expect_exit 0 induct-import -q out/tiny.safetensors -o back
expect_same back/epoch-00003000.safetensors "$tiny/epoch-00003000.safetensors"
expect_exit 0 induct-export "$tiny" --epoch 3000 --layout study -o out/study.safetensors
expect_stdout $'out/study.safetensors\nout/study.json'
expect_exit 0 induct-import -q out/study.safetensors --heads 2 -o back2
expect_same back2/epoch-00003000.safetensors "$tiny/epoch-00003000.safetensors"
expect_exit 0 induct-export "$tiny" --npz --cache --period 5 --sequences 2 -o out/a
expect_stdout $'out/a.npz\nout/a.json\nout/a-cache.npz'
expect_exit 0 induct-export "$tiny" --npz --cache --period 5 --sequences 2 -o out/b
expect_same out/a.npz out/b.npz
expect_same out/a-cache.npz out/b-cache.npz
expect_exit 0 induct-export "$tiny"
expect_stdout $'tiny-3000.safetensors\ntiny-3000.json'
expect_exit 1 induct-export "$tiny" --epoch 7 -o out/c
expect_stderr_has 'no checkpoint of epoch 7 (there are 4, from 0 to 3000)'
expect_exit 1 induct-export ln --layout study -o out/c
expect_stderr "induct-export: the study's layout has no place for LayerNorm"
expect_exit 1 induct-export "$tiny" -o none/c
expect_stderr_has 'none/c.safetensors: cannot create: No such file or directory'
expect_exit 1 induct-export "$tiny" --npz -o none/c
expect_stderr_lines 1
expect_true 'nothing is left over' test "$(find out -type f | wc -l)" -eq 10

# ---- What training was, and which epoch ----

expect_true 'the export of a trained run says its periods' grep -q '"period_hi": 8' back/config.json
cp "$seeds/study.pt" model_9.pt
expect_exit 0 induct-import -q model_9.pt --heads 2 -o unknown
expect_true 'nobody said what it was trained on' bash -c '! grep -q training unknown/config.json'
expect_exit 0 induct-import -q model_9.pt --heads 2 --trained 2:4 -o known
expect_true 'somebody said it' grep -q '"period_lo": 2' known/config.json
expect_exit 1 induct-import -q model_9.pt --heads 2 --trained 2:400 -o never
expect_stderr_has '--trained: period must lie in 1..'
expect_exit 1 induct-import -q model_9.pt --heads 2 --trained 4:2 -o never
expect_stderr_has "'4:2' is no range of periods"
expect_exit 0 induct-import -q model_9.pt model_100.pt --heads 2 --dry-run
expect_stdout $'model_9.pt\t9\tmodel_9\nmodel_100.pt\t100\tmodel_100'
expect_exit 0 induct-import -q model_9.pt --heads 2 --epoch 22000000000 -o tokens
expect_file tokens/epoch-22000000000.safetensors
expect_exit 0 induct-score tokens --period 2 --sequences 2 --epochs 22000000000
expect_exit 0 induct-export tokens --epoch 22000000000 -o out/tokens
expect_exit 1 induct-score known/epoch-00000009.safetensors
expect_stderr_has "one checkpoint of a run: name the run's folder, known, and the epoch, 9"
expect_no_file never
