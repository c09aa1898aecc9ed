# lens.gp
#
# The logit lens: accuracy if the residual stream is unembedded after the embedding and after every
# layer, against epoch, a panel a period: the trained middle, then the longest outside. From
# induct-lens: columns epoch period layer accuracy accuracy_lo accuracy_hi accuracy_chance.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch period layer accuracy accuracy_lo accuracy_hi accuracy_chance"
curves_table = in
curves_name(x) = sprintf("%d", column("layer"))
curves_value(x) = column("accuracy")
curves_lo(x) = column("accuracy_lo")
curves_hi(x) = column("accuracy_hi")

periods = " "
periods_row(p) = (strstrt(periods, sprintf(" %d ", p)) ? 0 : (periods = periods.sprintf("%d ", p)), 0)
stats in using (note_epoch(column("epoch")), periods_row(column("period"))) nooutput
if (last_epoch < 0) {
    print "plots: ".in.": no row for this axis of epochs"
    exit status 1
}
periods_n = words(periods)
# Blocks read @curves_with before they run.
curves_with = curve_for(epochs_seen)

note = "bands: 95 % of resampled sequences · dashed: chance"
height = 92 + 226 * periods_n
load here."title.gp"

# From light to dark in the order of layers, the embedding grey.
depth(l) = layers == 1 ? 1.0 : (l - 1.0) / (layers - 1)
layer_colour(l) = l == 0 ? idle : rgb(mix(0xE6, 0x5B, depth(l)), mix(0x9F, 0x1A, depth(l)), \
    mix(0x00, 0x6B, depth(l)))
layer_name(l) = l == 0 ? "embedding" : l == layers ? "the model" : sprintf("layer %d", l - 1)

do for [nth = 1:periods_n] {
    p_i = int(word(periods, nth))
    curves_keep(x) = column("period") == p_i
    load here."curves.gp"
    call here."panel.gp" sprintf("%d", 226 * nth - 134) sprintf("%d", 226 * nth + 42) \
        sprintf("accuracy when unembedded after each layer, period %d%s", p_i, is_trained(p_i) ? " (trained)" : "")
    if (nth < periods_n) { call here."epochs.gp" first_epoch last_epoch bare } else {
        call here."epochs.gp" first_epoch last_epoch
    }
    load here."shares.gp"
    label_n = curves_n
    array label_y[label_n + 1]; array label_text[label_n + 1]; array label_colour[label_n + 1]
    do for [i = 1:label_n] {
        label_y[i] = curves_end[i]
        label_text[i] = layer_name(int(word(curves, i)))."  ".share(curves_end[i])
        label_colour[i] = layer_colour(int(word(curves, i)))
    }
    load here."labels.gp"
    plot in using (at(column("epoch"))):"accuracy_chance" with lines lc rgb faint lw 0.8 dt 2, \
        for [k = 1:curves_epochs == 1] in using (epochs_first):"accuracy_chance":@to_the_right, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i) == $3 ? $4 : NaN):5 \
            with filledcurves fillcolor rgb label_colour[i] \
            fillstyle transparent solid 0.18 noborder, \
        for [i = 1:bars_n] $curves using (at($1)):(curves_of(i)):4:5 with yerrorbars pt -1 \
            lc rgb label_colour[i] lw 0.8, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
            lc rgb label_colour[i] lw 1.6
    load here."next.gp"
}
unset multiplot
unset output
