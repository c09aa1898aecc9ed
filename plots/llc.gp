# llc.gp
#
# The local learning coefficient against epoch, with its interval over chains: of all weights on top,
# of single heads below, a panel a layer. From induct-llc --heads: columns epoch head llc llc_lo llc_hi
# nbeta gamma.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch head llc llc_lo llc_hi nbeta gamma"
curves_table = in
curves_name(x) = strcol("head")
curves_value(x) = column("llc")
curves_lo(x) = column("llc_lo")
curves_hi(x) = column("llc_hi")
named_most = palette_size
figure(v) = abs(v) < 0.0005 ? "0.000" : sprintf(abs(v) < 0.0995 ? "%.3f" : abs(v) < 9.995 ? "%.2f" : abs(v) < 99.95 ? "%.1f" : "%.0f", v)
named_value(v) = "  ".figure(v)
is_all(x) = strcol("head") eq "all"

made_nbeta = NaN; made_gamma = NaN; drawn_n = 0
heads_low = 0; heads_high = 0
# A chain that diverged has no coefficient; while nan is what a missing cell is called, its row is passed over.
stats in using (made_nbeta = column("nbeta"), made_gamma = column("gamma"), \
    drawn_n = drawn_n + is_all(0), note_epoch(column("epoch"))) nooutput
if (last_epoch < 0) {
    print "plots: ".in.": no row for this axis of epochs"
    exit status 1
}
do for [layer = 0:layers - 1] {
    curves_keep(x) = layer_of(strcol("head")) == layer
    load here."curves.gp"
    heads_low = curves_low < heads_low ? curves_low : heads_low
    heads_high = curves_high > heads_high ? curves_high : heads_high
}
# Blocks read @curves_with before they run.
curves_with = curve_for(drawn_n)

note = sprintf("nβ %.3g, γ %g · bands: 95 %% over chains", made_nbeta, made_gamma)
rows_n = heads_high > 0 ? (layers + 1) / 2 : 0
height = 332 + 196 * rows_n
load here."title.gp"

# Room for the highest of the panel, in steps that are round.
span = 'label_hi = hi > lo ? hi + 0.06 * (hi - lo) : lo + 1; label_lo = lo < 0 ? lo - 0.06 * (hi - lo) : 0; ' \
    .'label_gap = 15.0 / panel_height * (label_hi - label_lo); set yrange [label_lo:label_hi]; ' \
    .'set ytics nomirror round_step((label_hi - label_lo) / 5.0) format "%g"'
band = 'fillstyle transparent solid 0.18 noborder'

# ---- All weights. ------------------------------------------------------------------------------

curves_keep(x) = is_all(0)
load here."curves.gp"
call here."panel.gp" "92" "272" "local learning coefficient of all weights"
if (rows_n > 0) { call here."epochs.gp" first_epoch last_epoch bare } else {
    call here."epochs.gp" first_epoch last_epoch
}
load here."changed.gp"
load here."passed.gp"
lo = curves_n ? curves_low : 0; hi = curves_n ? curves_high : 1
eval span
label_n = curves_n
array label_y[curves_n + 1]; array label_text[curves_n + 1]; array label_colour[curves_n + 1]
do for [i = 1:curves_n] {
    label_y[i] = curves_end[i]
    label_text[i] = "all".named_value(curves_end[i])
    label_colour[i] = ink
}
load here."labels.gp"
plot 0 with lines lc rgb faint lw 0.8 dt 2, \
    for [i = 1:curves_n] $curves using (at($1)):(curves_of(i) == $3 ? $4 : NaN):5 \
        with filledcurves fillcolor rgb ink @band, \
    for [i = 1:bars_n] $curves using (at($1)):(curves_of(i)):4:5 with yerrorbars pt -1 \
        lc rgb ink lw 0.8, \
    for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with lc rgb ink lw 1.6
load here."next.gp"

# ---- Heads. ------------------------------------------------------------------------------------

do for [layer = 0:layers - 1] {
    curves_keep(x) = layer_of(strcol("head")) == layer
    load here."curves.gp"
    if (curves_n == 0) { continue }
    row = layer / 2
    call here."panel.gp" sprintf("%d", 320 + 196 * row) sprintf("%d", 464 + 196 * row) \
        sprintf("each head of layer %d, all else held", layer) \
        (layer % 2 == 0 ? "62" : "512") (layer % 2 == 0 ? "350" : "800")
    if (row + 1 < rows_n) { call here."epochs.gp" first_epoch last_epoch bare } else {
        call here."epochs.gp" first_epoch last_epoch
    }
    load here."changed.gp"
    load here."passed.gp"
    lo = heads_low; hi = heads_high
    eval span
    load here."heads_named.gp"
    load here."labels.gp"
    plot 0 with lines lc rgb faint lw 0.8 dt 2, \
        for [j = 1:curves_n] $curves using (at($1)):(curves_of(j) == $3 ? $4 : NaN):5 \
            with filledcurves fillcolor rgb curves_colour[j] @band, \
        for [j = 1:bars_n] $curves using (at($1)):(curves_of(j)):4:5 with yerrorbars pt -1 \
            lc rgb curves_colour[j] lw 0.8, \
        for [j = 1:curves_n] $curves using (at($1)):(curves_of(j)) with @curves_with \
            lc rgb curves_colour[j] lw 1.5
    load here."next.gp"
}
unset multiplot
unset output
