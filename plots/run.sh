#!/bin/bash
# Prints the run to draw when none is named, chosen as the programs choose it.
set -euo pipefail

is_run() {
    [[ -f $1/config.json ]] || compgen -G "$1/epoch-*.safetensors" >/dev/null
}

if [[ -n ${INDUCT_RUN:-} ]]; then
    run=$INDUCT_RUN
elif is_run .; then
    run=.
elif is_run ckpts; then
    run=ckpts
else
    run=
    for config in runs/*/config.json; do
        [[ -f $config ]] || continue
        [[ -n $run && $run/config.json -nt $config ]] || run=${config%/config.json}
    done
fi
if [[ -z $run ]]; then
    echo "plots: no run here: name one (RUN=runs/NAME)" >&2
    exit 1
fi
echo "plots: $run" >&2
echo "$run"
