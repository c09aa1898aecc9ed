# formation.gp SCORES OUT [RUN [TASK [linear|log [METRICS]]]]
#
# The strongest previous-token heads beside accuracy outside the trained periods, on one axis of
# epochs: does the one fade when the other does? Heads are chosen by role (leaders.gp), the layer's
# others are grey. From induct-score's table (epoch head prev_token induction, rows of an epoch
# together) and metrics.tsv (epoch ood_P...).

in = ARG1; out = ARG2; run = ARG3; task = ARG4; xscale = ARG5; metrics = ARG6
here = ARG0[1:strlen(ARG0) - strlen("formation.gp")]
load here."style.gp"
call here."columns.gp" in "epoch head prev_token induction"
scores = in
load here."roles.gp"
load here."metrics.gp"

load here."leaders.gp"
fallen = 1
do for [k = 2:ood_count] {
    fallen = ood_peak[k] - ood_end[k] > ood_peak[fallen] - ood_end[fallen] ? k : fallen
}

title = prev_peak[best] < twice_prev ? "No previous-token head" \
    : prev_peak[faded] - prev_end[faded] > 0.1 \
    ? sprintf("%s fades from %s to %s", word(heads, faded), share(prev_peak[faded]), \
        share(prev_end[faded])) \
    : sprintf("%s looks at the previous token: %s", word(heads, best), share(prev_end[best]))
if (ood_count > 0) {
    title = title.(ood_peak[fallen] - ood_end[fallen] > 0.1 \
        ? sprintf("; period %s falls from %s to %s", word(oods, fallen), share(ood_peak[fallen]), \
            share(ood_end[fallen])) \
        : sprintf("; period %s ends at %s", word(oods, ood_count), share(ood_end[ood_count])))
}
note = uniform_note.(strlen(uniform_note) && strlen(passed_note) ? " · " : "").passed_note
height = 560
load here."title.gp"

call here."panel.gp" "92" "282" "prev-token score of the heads of layer 0"
call here."epochs.gp" first_epoch last_epoch bare
load here."passed.gp"
load here."shares.gp"
# These scores may stay low: the axis ends at the next tenth.
label_hi = ceil(10.5 * prev_peak[best]) / 10.0
label_hi = label_hi > 1 ? 1.0 : label_hi
label_gap = label_gap * label_hi
set yrange [0:label_hi]
set ytics nomirror 0,(label_hi > 0.6 ? 0.25 : 0.1),1 format "%.2g"
label_n = words(named)
array label_y[label_n + 1]; array label_text[label_n + 1]; array label_colour[label_n + 1]
do for [i = 1:label_n] {
    k = int(word(named, i))
    label_y[i] = prev_end[k]
    label_text[i] = sprintf("%s  %s", word(heads, k), share(prev_end[k]))
    label_colour[i] = i > words(chosen) ? "#8C8C8C" : \
        colour(words(chosen) + words(others) > palette_size ? i : k)
}
load here."labels.gp"
curve_of(list, i) = of(word(heads, int(word(list, i))), "prev_token")
plot prev_uniform with lines lc rgb faint lw 0.8 dt 2, \
    for [i = 1:words(others)] in using (at(column("epoch"))):(curve_of(others, i)) \
        with @head_curve lc rgb idle lw 1, \
    for [i = 1:words(chosen)] in using (at(column("epoch"))):(curve_of(chosen, i)) \
        with @head_curve lc rgb label_colour[i] lw 1.8
load here."next.gp"

call here."panel.gp" "322" "512" ood_name
load here."ood.gp"
unset multiplot
unset output
