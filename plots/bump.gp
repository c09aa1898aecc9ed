# bump.gp
#
# How much positions alone favour the trained offsets, a curve a head; below it, a panel a period:
# accuracy as it is beside accuracy with the position term dropped from the later layers' scores.
# From induct-split --bump (columns epoch head bump) and --drop pp (columns epoch dropped period
# accuracy accuracy_dropped).

out = ARG2; load ARG1; load here."style.gp"
drops = table_drop
call here."columns.gp" drops "epoch dropped period accuracy accuracy_dropped"
periods = " "
drop_row(p) = (strstrt(periods, sprintf(" %d ", p)) ? 0 : (periods = periods.sprintf("%d ", p)), 0)
stats drops using (drop_row(column("period"))) nooutput
periods_n = words(periods)
call here."columns.gp" in "epoch head bump"
curves_table = in
curves_keep(x) = 1
curves_name(x) = strcol("head")
curves_value(x) = column("bump")
named_most = palette_size
named_value(v) = "  ".change(v)
load here."curves.gp"
if (last_epoch < 0) {
    print "plots: ".in.": no row for this axis of epochs"
    exit status 1
}

note = "pp: query's position with key's"
rows_n = (periods_n + 1) / 2
height = 318 + 170 * rows_n
load here."title.gp"

call here."panel.gp" "92" "242" \
    "positional bump: mean of pp at trained offsets minus mean beyond, in scores"
call here."epochs.gp" first_epoch last_epoch
unset xlabel
label_lo = curves_low < 0 ? 1.1 * curves_low : 0
label_hi = curves_high > 0 ? 1.1 * curves_high : 1
label_gap = 15.0 / panel_height * (label_hi - label_lo)
set yrange [label_lo:label_hi]
set ytics nomirror autofreq format "%g"
load here."heads_named.gp"
load here."labels.gp"
plot 0 with lines lc rgb faint lw 0.8 dt 2, \
    for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
        lc rgb curves_colour[i] lw 1.6
load here."next.gp"

curves_table = drops
kept = "accuracy accuracy_dropped"
array label_y[2]; array label_text[2]; array label_colour[2]
do for [i = 1:periods_n] {
    p_i = int(word(periods, i))
    curves_name(x) = strcol("dropped")
    curves_keep(x) = column("period") == p_i
    row = (i - 1) / 2
    do for [arm = 1:2] {
        curves_value(x) = column(word(kept, arm))
        load here."curves.gp"
        label_y[arm] = curves_end[1]
    }
    call here."panel.gp" sprintf("%d", 306 + 170 * row) sprintf("%d", 424 + 170 * row) \
        sprintf("period %d%s", p_i, is_trained(p_i) ? \
            ", trained" : "") (i % 2 == 1 ? "62" : "504") (i % 2 == 1 ? "366" : "808")
    if (i + 2 <= periods_n) { call here."epochs.gp" first_epoch last_epoch bare } else {
        call here."epochs.gp" first_epoch last_epoch
    }
    load here."shares.gp"
    label_n = 2
    label_colour[1] = "#D55E00"; label_colour[2] = "#0072B2"
    label_text[1] = "as it is ".share(label_y[1])
    label_text[2] = "no pp ".share(label_y[2])
    load here."labels.gp"
    plot for [arm = 1:2] drops using (at(column("epoch"))): \
        (column("period") == p_i ? column(word(kept, arm)) : NaN) with @curves_with \
        lc rgb label_colour[arm] lw 1.6
    load here."next.gp"
}
unset multiplot
unset output
