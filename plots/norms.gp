# norms.gp
#
# Frobenius norms of a model's matrices against epoch, on logarithmic axes, beside what weight decay
# alone would have left of them (dashed): embedding, token 0, which never occurs in the study's
# data, positions and unembedding relative to the start; QK and OV of every head as they are. From
# induct-circuit --norms: columns epoch matrix row norm relative decay.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch matrix row norm relative decay"
curves_table = in
named_most = 12
named_value(v) = sprintf("  %.1f", v)

ends = "W_E:1: W_E:0 W_pos:all W_U:all"
curves_name(x) = strcol("matrix").":".strcol("row")
curves_value(x) = column("relative")
curves_keep(x) = strstrt(" ".ends." ", " ".curves_name(0)." ") > 0
load here."curves.gp"
if (last_epoch < 0) {
    print "plots: ".in.": no row for this axis of epochs"
    exit status 1
}
place(name) = sum [i = 1:curves_n] (word(curves, i) eq name ? i : 0)
tokens = place("W_E:1:"); zero = place("W_E:0")
decay_end = 1; decays = 0
stats in using (strcol("matrix") eq "W_E" && strcol("row") eq "all" ? \
    (decay_end = column("decay"), decays = decay_end == decay_end, 0) : 0) nooutput

note = decays ? "dashed: weight decay alone" : ""
height = 640
load here."title.gp"

name_of(s) = s eq "W_E:1:" ? "tokens 1–" : s eq "W_E:0" ? "token 0" : s eq "W_pos:all" ? "positions" \
    : "unembedding"
# A logarithmic axis from a little below the lowest to a little above the highest; the gap between
# names is measured on it, so labels are placed by logarithms.
call here."panel.gp" "92" "316" "embeddings: norm relative to the start" "62" "752"
call here."epochs.gp" first_epoch last_epoch
unset xlabel
lowest = decays && decay_end < curves_low ? decay_end : curves_low
label_lo = lowest > 0 ? 0.9 * lowest : 0.01
label_hi = 1.05 * curves_high
label_n = curves_n
array label_y[curves_n + 1]; array label_text[curves_n + 1]; array label_colour[curves_n + 1]
do for [i = 1:curves_n] {
    label_y[i] = curves_end[i]
    label_text[i] = name_of(word(curves, i)).sprintf("  %.2f", curves_end[i])
    label_colour[i] = colour(i)
}
label_gap = 15.0 / panel_height * (label_hi - label_lo)
set yrange [label_lo:label_hi]
set ytics nomirror autofreq format "%g"
load here."labels.gp"
is_decay(x) = strcol("matrix") eq "W_E" && strcol("row") eq "all"
# Of a model trained elsewhere the rate is not known: the embedding's own curve once more.
decay_column = decays ? "decay" : "relative"
decay_colour = decays ? ink : label_colour[tokens > 0 ? tokens : 1]
plot for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
        lc rgb label_colour[i] lw 1.8, \
    in using (at(column("epoch"))):(is_decay(0) ? column(decay_column) : NaN) with lines \
        lc rgb decay_colour lw 1.2 dt 2
load here."next.gp"

matrices = "QK OV"
do for [which = 1:2] {
    matrix = word(matrices, which)
    curves_name(x) = (name = strcol("matrix"), name[1:strstrt(name, ".") - 1])
    curves_value(x) = column("norm")
    curves_keep(x) = (name = strcol("matrix"), name[strlen(name) - 2:] eq ".".matrix)
    load here."curves.gp"
    if (curves_n > 0) {
        call here."panel.gp" "378" "588" sprintf("norm of %s", matrix) (which == 1 ? "62" : "504") \
            (which == 1 ? "366" : "808")
        call here."epochs.gp" first_epoch last_epoch
        load here."heads_named.gp"
        label_lo = 0; label_hi = 1.05 * curves_high
        label_gap = 14.0 / panel_height * label_hi
        set yrange [label_lo:label_hi]
        set ytics nomirror autofreq format "%g"
        load here."labels.gp"
        first_head = word(curves, 1)
        plot for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
                lc rgb curves_colour[i] lw 1.5
        load here."next.gp"
    }
}
unset multiplot
unset output
