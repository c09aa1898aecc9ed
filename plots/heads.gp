# heads.gp
#
# Each head's prev-token and induction score against epoch, a row of panels for each layer. The dashed
# line is the score of uniform causal attention. Columns epoch head prev_token induction and, of both,
# _uniform.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch head prev_token induction prev_token_uniform induction_uniform"
curves_table = in
curves_name(x) = strcol("head")
named_most = palette_size
named_value(v) = "  ".share(v)
note = "dashed: uniform attention"
height = 120 + 205 * layers
scores = "prev_token induction"
score_names = "prev-token induction"
array row_high[layers]
do for [layer = 0:layers - 1] {
    row_high[layer + 1] = 0
    do for [s = 1:2] {
        curves_keep(x) = layer_of(strcol("head")) == layer
        curves_value(x) = column(word(scores, s))
        load here."curves.gp"
        row_high[layer + 1] = curves_high > row_high[layer + 1] ? curves_high : row_high[layer + 1]
    }
}
load here."title.gp"

do for [layer = 0:layers - 1] {
    # One scale a layer, ending where its scores leave room for no smaller one.
    row_hi = row_high[layer + 1] > 0.48 ? 1.0 : row_high[layer + 1] > 0.24 ? 0.5 : 0.25
    do for [s = 1:2] {
        curves_keep(x) = layer_of(strcol("head")) == layer
        curves_value(x) = column(word(scores, s))
        load here."curves.gp"
        call here."panel.gp" sprintf("%d", 92 + 205 * layer) sprintf("%d", 252 + 205 * layer) \
            sprintf("layer %d: %s score, period %d", layer, word(score_names, s), score_period) \
            (s == 1 ? "62" : "504") (s == 1 ? "366" : "808")
        if (layer < layers - 1) { call here."epochs.gp" first_epoch last_epoch bare } else {
            call here."epochs.gp" first_epoch last_epoch
        }
        load here."changed.gp"
        load here."shares.gp"
        label_hi = row_hi; label_gap = label_gap * row_hi
        set yrange [0:row_hi]
        set ytics nomirror 0,(row_hi == 1 ? 0.25 : 0.2 * row_hi),1 format "%.2g"
        load here."heads_named.gp"
        load here."labels.gp"
        uniform = word(scores, s)."_uniform"
        plot in using (at(column("epoch"))):uniform with lines lc rgb faint lw 0.8 dt 2, \
            for [k = 1:curves_epochs == 1] in using (epochs_first):uniform:@to_the_right, \
            for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
                lc rgb curves_colour[i] lw (curves_colour[i] eq idle ? 0.8 : 1.6)
        load here."next.gp"
    }
}
unset multiplot
unset output
