# shapley.gp
#
# What each head gives to accuracy, as Shapley values over all subsets of the heads, and the interactions
# of pairs that are largest at the end, against epoch. From induct-ablate --shapley: columns epoch heads
# kind period accuracy.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch heads kind period accuracy"
curves_table = in
curves_name(x) = strcol("heads")
curves_value(x) = column("accuracy")
named_most = palette_size
named_value(v) = "  ".change(v)
shapley_period = 0
stats in using (shapley_period = column("period"), 0) every ::0::0 nooutput
note = sprintf("period %d · values of all heads sum to the accuracy", shapley_period)
height = 606
load here."title.gp"

curves_keep(x) = strcol("kind") eq "value"
load here."curves.gp"
call here."panel.gp" "92" "322" "Shapley value of each head, in accuracy" "62" "726"
call here."epochs.gp" first_epoch last_epoch bare
load here."changed.gp"
label_lo = curves_low < 0 ? 1.1 * curves_low : 0
label_hi = curves_high > 0 ? 1.1 * curves_high : 0.1
label_gap = 15.0 / panel_height * (label_hi - label_lo)
set yrange [label_lo:label_hi]
set ytics nomirror autofreq format "%.2g"
load here."heads_named.gp"
load here."labels.gp"
plot 0 with lines lc rgb faint lw 0.8 dt 2, \
    for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
        lc rgb curves_colour[i] lw 1.7
load here."next.gp"

# Pairs: named are those whose interaction, of either sign, ends largest.
curves_keep(x) = strcol("kind") eq "interaction"
load here."curves.gp"
call here."panel.gp" "366" "558" "interaction of pairs: what two heads give beyond the sum" "62" "726"
call here."epochs.gp" first_epoch last_epoch
load here."changed.gp"
label_lo = curves_low < 0 ? 1.1 * curves_low : -0.01
label_hi = curves_high > 0 ? 1.1 * curves_high : 0.01
label_gap = 15.0 / panel_height * (label_hi - label_lo)
set yrange [label_lo:label_hi]
set ytics nomirror autofreq format "%.2g"
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
    if (above < 6) {
        label_n = label_n + 1
        curves_colour[i] = colour(label_n)
        label_y[label_n] = curves_end[i]
        label_text[label_n] = word(curves, i)." ".change(curves_end[i])
        label_colour[label_n] = curves_colour[i]
    }
}
load here."labels.gp"
if (curves_n > 0) {
    plot 0 with lines lc rgb faint lw 0.8 dt 2, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
            lc rgb curves_colour[i] lw (curves_colour[i] eq idle ? 0.7 : 1.6)
} else { plot 0 with lines lc rgb faint lw 0.8 dt 2 }
unset multiplot
unset output
