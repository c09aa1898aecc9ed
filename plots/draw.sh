#!/bin/bash
# draw.sh FIGURE OUT TABLE [TABLE...]: one figure (plots/FIGURE.gp) as OUT (.png or .svg), whole or
# not at all. Runs in the run's folder, whose config.json gives the subtitle. XSCALE=log for a
# logarithmic axis of epochs.
set -euo pipefail

figure=$1 out=$2 table=$3 more=${*:4}
here=$(dirname "${BASH_SOURCE[0]}")
config=config.json
[[ -f $config ]] || config=/dev/null

part="$(dirname "$out")/.part-$$-$(basename "$out")"
trap 'rm -f "$part"' EXIT
title=$(awk -v name="$(basename "$PWD")" -v want=title -f "$here/run.awk" "$config")
task=$(awk -v want=task -f "$here/run.awk" "$config")
# UTF-8 whatever the locale: gnuplot would warn of a degree sign that C cannot express.
LC_ALL=C.UTF-8 "${GNUPLOT:-gnuplot}" -d -c "$here/$figure.gp" \
    "$table" "$part" "$title" "$task" "${XSCALE:-linear}" "$more"
[[ -s $part ]] || { echo "plots: $out: gnuplot wrote nothing" >&2; exit 1; }
if [[ $out == *.svg ]]; then
    # Families to fall back on, and the bold that gnuplot leaves in the family's name.
    sed -i -e 's/font-family="DejaVu Sans:Bold"/font-family="DejaVu Sans" font-weight="bold"/' \
        -e 's/font-family="DejaVu Sans"/font-family="DejaVu Sans,Verdana,Arial,sans-serif"/' \
        -e "s|<title>Gnuplot</title>|<title>$figure</title>|" "$part"
fi
mv "$part" "$out"
echo "${RUN:+$RUN/}$out"
