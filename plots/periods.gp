# periods.gp
#
# Induction accuracy by period at every epoch of induct-eval's table (columns epoch period accuracy
# accuracy_lo accuracy_hi), bands of 95 %, trained periods shaded. Later epochs are darker. Meant for
# a handful of epochs.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch period accuracy accuracy_lo accuracy_hi"

epochs = " "
first = -1; last = 0
periods_row(e, p) = ( \
    strstrt(epochs, sprintf(" %d ", e)) ? 0 : (epochs = epochs.sprintf("%d ", e), 0), \
    first = first < 0 || p < first ? p : first, last = p > last ? p : last, 0)
stats in using (periods_row(column("epoch"), column("period"))) nooutput
count = words(epochs)

array at_last[count]
do for [k = 1:count] {
    epoch_row(p, a) = (p == last ? at_last[k] = a : 0, 0)
    stats in using (column("epoch") == int(word(epochs, k)) ? \
        epoch_row(column("period"), column("accuracy")) : NaN) nooutput
}
note = "bands: 95 % of resampled sequences"
height = 460
load here."title.gp"

call here."panel.gp" "92" "404" "induction accuracy"
set xrange [(first < last ? first : first - 1):(first < last ? last : last + 1)]
periods_step = last - first > 120 ? 20 : last - first > 60 ? 10 : last - first > 12 ? 5 : 1
set xtics nomirror periods_step
set xlabel "period of the repeated sequence, tokens" font ",10.5" textcolor rgb faint offset 0,0.3
load here."shares.gp"
if (task_known) {
    set object 1 rectangle from first period_lo - 0.5, graph 0 to first period_hi + 0.5, graph 1 \
        behind fillcolor rgb shade fillstyle solid noborder
    set label 20 "trained" at first 0.5 * (period_lo + period_hi), graph 0.965 center \
        textcolor rgb "#5F7A2E" font ",10"
}
# From amber over purple to near black in the order of epochs: lightness alone tells the order.
age(k) = count == 1 ? 1.0 : (k - 1.0) / (count - 1)
early(t) = rgb(mix(0xF0, 0xC2, t), mix(0xA8, 0x3E, t), mix(0x32, 0x6E, t))
late(t) = rgb(mix(0xC2, 0x1B, t), mix(0x3E, 0x12, t), mix(0x6E, 0x48, t))
age_colour(k) = age(k) < 0.5 ? early(2 * age(k)) : late(2 * age(k) - 1)
array label_y[count]; array label_text[count]; array label_colour[count]
label_n = count
do for [k = 1:count] {
    label_y[k] = at_last[k]
    label_text[k] = "epoch ".commas(int(word(epochs, k)))
    label_colour[k] = age_colour(k)
}
load here."labels.gp"
periods_with = curve_for(last - first + 1)
during(k, name) = column("epoch") == int(word(epochs, k)) ? column(name) : NaN
plot for [k = 1:count] in using "period":(during(k, "accuracy_lo")):(during(k, "accuracy_hi")) \
        with filledcurves fillcolor rgb label_colour[k] fillstyle transparent solid 0.18 noborder, \
    for [k = 1:count] in using "period":(during(k, "accuracy")) \
        with @periods_with lc rgb label_colour[k] lw 1.8
unset multiplot
unset output
