# heads.gp SCORES OUT [RUN [TASK [linear|log]]]
#
# Each head's prev-token and induction score against epoch, a row of panels for each layer, from
# induct-score's table: columns epoch head prev_token induction. The dashed line is the score of
# uniform causal attention. Of a layer with many heads the strongest in either score are named and
# coloured, the others grey.

in = ARG1; out = ARG2; run = ARG3; task = ARG4; xscale = ARG5
here = ARG0[1:strlen(ARG0) - strlen("heads.gp")]
load here."style.gp"
call here."columns.gp" in "epoch head prev_token induction"
scores = in
load here."roles.gp"

title = (prev_peak[best_prev] < twice_prev ? "No previous-token head" \
    : sprintf("Strongest previous-token head: %s, up to %s", word(heads, best_prev), \
        share(prev_peak[best_prev]))) \
    .(induction_peak[best_induction] < twice_induction ? "; no induction head" \
    : sprintf("; induction: %s, up to %s", word(heads, best_induction), \
        share(induction_peak[best_induction])))
note = uniform_note
height = 120 + 205 * layers
load here."title.gp"

score_columns = "prev_token induction"
score_names = "prev-token induction"
do for [layer = 0:layers - 1] {
    load here."strongest.gp"
    # One scale a layer, ending where its scores leave room for no smaller one.
    row_hi = layer_peak > 0.48 ? 1.0 : layer_peak > 0.24 ? 0.5 : 0.25

    top = 92 + 205 * layer
    bottom = top + 160
    do for [s = 1:2] {
        column_left = s == 1 ? left : 504
        column_right = s == 1 ? 366 : 808
        call here."panel.gp" sprintf("%d", top) sprintf("%d", bottom) \
            sprintf("layer %d: %s score", layer, word(score_names, s)) \
            sprintf("%d", column_left) sprintf("%d", column_right)
        if (layer < layers - 1) {
            call here."epochs.gp" first_epoch last_epoch bare
        } else {
            call here."epochs.gp" first_epoch last_epoch
        }
        load here."shares.gp"
        label_hi = row_hi; label_gap = label_gap * row_hi
        set yrange [0:row_hi]
        set ytics nomirror 0,(row_hi == 1 ? 0.25 : 0.2 * row_hi),1 format "%.2g"
        score = word(score_columns, s)
        label_n = words(strong_heads)
        array label_y[label_n + 1]; array label_text[label_n + 1]; array label_colour[label_n + 1]
        do for [i = 1:label_n] {
            k = int(word(strong_index, i))
            label_y[i] = s == 1 ? prev_end[k] : induction_end[k]
            label_text[i] = sprintf("%s  %s", word(strong_heads, i), share(label_y[i]))
            label_colour[i] = word(strong_colours, i)
        }
        load here."labels.gp"
        uniform = s == 1 ? prev_uniform : induction_uniform
        plot uniform with lines lc rgb faint lw 0.8 dt 2, \
            for [i = 1:words(idle_heads)] in \
                using (at(column("epoch"))):(of(word(idle_heads, i), score)) \
                with @head_curve lc rgb idle lw 0.8, \
            for [i = 1:label_n] in using (at(column("epoch"))):(of(word(strong_heads, i), score)) \
                with @head_curve lc rgb word(strong_colours, i) lw 1.6
        load here."next.gp"
    }
}
unset multiplot
unset output
