# paths.gp
#
# What paths through the model give to the logit of the right token, less what they give to all tokens,
# against epoch: above, paths through no head, one head, two; below, the heads, and the pairs of them that are
# largest at the end. Columns epoch period path kind centred.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch period path kind centred"
curves_table = in
curves_name(x) = strcol("path")
curves_value(x) = column("centred")
paths_period = 0
stats in using (paths_period = column("period"), 0) every ::0::0 nooutput
stats in using (note_epoch(column("epoch"))) nooutput
# Blocks read @curves_with before they run.
curves_with = curve_for(epochs_seen)
note = sprintf("period %d · patterns held", paths_period)
# Pairs are gathered in V-composition, which one layer has not.
pairs = layers > 1
height = pairs ? 606 : 388
load here."title.gp"

rows = pairs ? 2 : 1
do for [row = 1:rows] {
    if (row == 1) { curves_keep(x) = strcol("kind") eq "head" || strcol("kind") eq "direct" \
        || strcol("kind") eq "model" || strcol("kind") eq "bias"
    } else { curves_keep(x) = strcol("kind") eq "virtual" || strcol("kind") eq "higher" }
    load here."curves.gp"
    call here."panel.gp" (row == 1 ? "92" : "366") (row == 1 ? "322" : "558") \
        (row == 1 ? "logit of the right token above the mean: the model, and by single heads" \
            : "by pairs of heads (V-composition) and longer paths") "62" "762"
    if (row < rows) { call here."epochs.gp" first_epoch last_epoch bare } else {
        call here."epochs.gp" first_epoch last_epoch
    }
    load here."changed.gp"
    label_lo = curves_low < 0 ? 1.1 * curves_low : 0
    label_hi = curves_high > 0 ? 1.1 * curves_high : 1
    label_gap = 15.0 / panel_height * (label_hi - label_lo)
    set yrange [label_lo:label_hi]
    set ytics nomirror autofreq format "%g"
    array curves_colour[curves_n + 1]
    array label_y[curves_n + 1]; array label_text[curves_n + 1]; array label_colour[curves_n + 1]
    label_n = 0
    do for [i = 1:curves_n] {
        above = 0
        do for [j = 1:curves_n] {
            above = above + (abs(curves_end[j]) > abs(curves_end[i]) \
                || (abs(curves_end[j]) == abs(curves_end[i]) && j < i))
        }
        curves_colour[i] = idle
        if (above < palette_size) {
            label_n = label_n + 1
            curves_colour[i] = word(curves, i) eq "model" ? ink : colour(label_n)
            label_y[label_n] = curves_end[i]
            label_text[label_n] = word(curves, i)."  ".change(curves_end[i])
            label_colour[label_n] = curves_colour[i]
        }
    }
    load here."labels.gp"
    plot 0 with lines lc rgb faint lw 0.8 dt 2, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
            lc rgb curves_colour[i] lw (curves_colour[i] eq idle ? 0.7 : 1.6)
    load here."next.gp"
}
unset multiplot
unset output
