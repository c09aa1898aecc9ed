#!/bin/sh
# head.sh RUN EPOCH: the head of layer 0 with the highest prev_token (period 25) at this epoch, as L0H2.
set -eu
induct-score "$1" --epochs "$2" --score prev_token --period 25 -q |
    awk -F'\t' '/^#/ { next }
        !named { for (i = 1; i <= NF; i++) column[$i] = i; named = 1; next }
        $column["head"] ~ /^L0/ && (best == "" || $column["prev_token"] + 0 > most) {
            best = $column["head"]; most = $column["prev_token"] + 0 }
        END { if (best == "") exit 1; print best }'
