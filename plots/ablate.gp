# ablate.gp
#
# What accuracy loses without a head, against epoch, a panel a period, with 95 % intervals: from
# induct-ablate --each: columns epoch heads mode period accuracy_delta delta_lo delta_hi.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch heads mode period accuracy_delta delta_lo delta_hi"
curves_table = in
curves_name(x) = strcol("heads")
curves_value(x) = column("accuracy_delta")
curves_lo(x) = column("delta_lo")
curves_hi(x) = column("delta_hi")
named_most = palette_size
named_value(v) = "  ".change(v)

mode = ""; periods = " "; lowest = 0; highest = 0
periods_row(p, v) = (strstrt(periods, sprintf(" %d ", p)) ? 0 : (periods = periods.sprintf("%d ", p)), \
    lowest = v < lowest ? v : lowest, highest = v > highest ? v : highest, 0)
stats in using (mode eq "" ? mode = strcol("mode") : 0, column("epoch")) nooutput
stats in using (strcol("mode") eq mode ? (note_epoch(column("epoch")), \
    periods_row(column("period"), column("accuracy_delta"))) : NaN) nooutput
if (epochs_seen == 1) {
    stats in using (periods_row(column("period"), column("delta_lo")), \
        periods_row(column("period"), column("delta_hi"))) nooutput
}
if (last_epoch < 0) {
    print "plots: ".in.": no row for this axis of epochs"
    exit status 1
}
periods_n = words(periods)
# Blocks read @curves_with before they run.
curves_with = curve_for(epochs_seen)

verb = mode eq "zero" ? "one head a time zeroed" : "one head a time: ".mode
note = verb." · bands: 95 % of resampled sequences"
rows_n = periods_n * ((layers + 1) / 2)
height = 104 + 196 * rows_n
load here."title.gp"

# A row of panels a period (of more than two layers, several rows), a panel a layer.
label_lo = floor(10 * lowest) / 10.0; label_hi = ceil(10 * highest + 0.01) / 10.0
do for [nth = 1:periods_n] {
    p_i = int(word(periods, nth))
    do for [layer = 0:layers - 1] {
        curves_keep(x) = strcol("mode") eq mode && column("period") == p_i \
            && layer_of(strcol("heads")) == layer
        load here."curves.gp"
        if (curves_n == 0) { continue }
        row = (nth - 1) * ((layers + 1) / 2) + layer / 2
        call here."panel.gp" sprintf("%d", 92 + 196 * row) sprintf("%d", 236 + 196 * row) \
            sprintf("period %d%s, heads of layer %d", p_i, is_trained(p_i) ? " (trained)" : "", layer) \
            (layer % 2 == 0 ? "62" : "504") (layer % 2 == 0 ? "358" : "800")
        if (row + 1 < rows_n) { call here."epochs.gp" first_epoch last_epoch bare } else {
            call here."epochs.gp" first_epoch last_epoch
        }
        label_gap = 15.0 / panel_height * (label_hi - label_lo)
        set yrange [label_lo:label_hi]
        set ytics nomirror autofreq format "%.2g"
        load here."heads_named.gp"
        load here."labels.gp"
        plot 0 with lines lc rgb faint lw 0.8 dt 2, \
            for [j = 1:curves_n] $curves using (at($1)):(curves_of(j) == $3 ? $4 : NaN):5 \
                with filledcurves fillcolor rgb curves_colour[j] \
                fillstyle transparent solid 0.15 noborder, \
            for [j = 1:bars_n] $curves using (at($1)):(curves_of(j)):4:5 with yerrorbars pt -1 \
                lc rgb curves_colour[j] lw 0.8, \
            for [j = 1:curves_n] $curves using (at($1)):(curves_of(j)) with @curves_with \
                lc rgb curves_colour[j] lw 1.5
        load here."next.gp"
    }
}
unset multiplot
unset output
