#!/bin/bash
# Tables load in one line: the lines of the README ("Reading a table"), each where its tool is installed.
source "$INDUCT_SOURCE/tests/cli/lib/cli.bash"
ln -s "$INDUCT_SOURCE/tests/golden/tiny" tiny

for format in tsv csv jsonl; do
    expect_exit 0 induct-score tiny --epochs 0,3000 --score induction,positional_prev_token --intervals \
        --format $format -o scores.$format
done
expect_true 'the readme has these lines' grep -q "skip_header=1" "$INDUCT_SOURCE/README.md"
expect_file scores.jsonl.provenance.json
expect_true 'what made it lies beside it' grep -q '"command": "induct-score tiny --epochs 0,3000' scores.jsonl.provenance.json
expect_true 'records are all alike' test "$(sed 's/:[^,}]*//g' scores.jsonl | sort -u | wc -l)" -eq 1

readers=0
python() { # python MODULE CODE: runs it if there is the module
    local python # the first of PATH, or Debian's
    for python in python3 /usr/bin/python3 ''; do
        [[ -n $python ]] || return 0
        "$python" -c "import $1" 2>/dev/null && break
    done
    readers=$((readers + 1))
    expect_exit 0 "$python" -c "$2"
    expect_stdout "$3"
}
python numpy "import numpy as np
t = np.genfromtxt('scores.tsv', names=True, skip_header=1, dtype=None, encoding='utf-8')
print(t.shape, t['epoch'][-1], t['head'][4], t['induction'].mean() > 0)" "(8,) 3000 L0H0 True"
python numpy "import numpy as np
t = np.genfromtxt('scores.csv', delimiter=',', names=True, skip_header=1, dtype=None, encoding='utf-8')
print(t.shape, t['epoch'][-1], t['head'][4])" "(8,) 3000 L0H0"
python pandas "import pandas as pd
t = pd.read_csv('scores.tsv', sep='\t', comment='#')
print(t.shape, t.epoch.iloc[-1], t['head'][4])" "(8, 8) 3000 L0H0"
python pandas "import pandas as pd
t = pd.read_json('scores.jsonl', lines=True)
print(t.shape, t.epoch.dtype, t['head'][4])" "(8, 8) int64 L0H0"
python json "import json
rows = [json.loads(line) for line in open('scores.jsonl')]
print(len(rows), len(rows[0]), rows[-1]['epoch'], rows[4]['head'])" "8 8 3000 L0H0"
if command -v Rscript >/dev/null; then
    readers=$((readers + 1))
    expect_exit 0 Rscript -e 't <- read.table("scores.tsv", header=TRUE, sep="\t"); cat(dim(t), t$epoch[8], t$head[5])'
    expect_stdout '8 8 3000 L0H0'
fi
if command -v gnuplot >/dev/null; then
    readers=$((readers + 1))
    expect_exit 0 gnuplot -e "set datafile separator tab; set print '-'; stats 'scores.tsv' using 'induction' nooutput; print STATS_records"
    expect_stdout 8
fi
[[ $readers -gt 0 ]] || exit 77

# Only some columns, by name or pattern; a name that there is not.
expect_exit 0 induct-score tiny --epochs 0 --heads L0H0 --columns 'head,ind*'
expect_true 'chosen' test "$(sed -n 2p "$cli_out")" = $'head\tinduction'
expect_exit 1 induct-score tiny --columns head,entropie
expect_stderr_has "--columns: no column 'entropie'; there are epoch, head"

# On a terminal columns stand under their names.
if has_terminals; then
    on_terminal induct-score tiny --epochs 0 --heads L0H0 --score induction,self | tr -d '\r' | grep -v '^#' >seen.txt
    expect_true 'padded with blanks, no tab' awk '
        /\t/ { bad = 1 }
        { at = index($0, NR == 1 ? "induction" : $3); if (NR > 1 && at != before) bad = 1; before = at }
        END { exit bad || NR != 2 }' seen.txt
fi
