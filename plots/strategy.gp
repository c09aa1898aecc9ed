# strategy.gp
#
# The race of two rules, content (what followed this token before) and position (what lies a trained
# offset back), on one axis of epochs: the margin of the right answer over the best of the trained
# offsets', by period; how many predictions are a trained offset's, with chance; of which predictors the
# model's predictions at raced_period are mixed; accuracy outside the trained periods. From
# induct-strategy: columns epoch period margin margin_lo margin_hi pseudo_offset
# pseudo_offset_chance w_offset w_content w_content2, and those of metrics.tsv.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch period margin margin_lo margin_hi pseudo_offset \
pseudo_offset_chance w_uniform w_unigram w_bigram w_offset w_content w_content2"
metrics = table_metrics
load here."metrics.gp"
raced = int(raced_period)
rows_n = 0
stats in using (rows_n = rows_n + (column("period") == raced), note_epoch(column("epoch"))) nooutput
# Blocks read @curves_with before they run.
curves_with = curve_for(rows_n)
note = "bands: 95 % of resampled sequences".(strlen(passed_note) ? " · " : "").passed_note
height = 800
load here."title.gp"

# A curve a period, in the colours of the panel of accuracies.
curves_table = in
curves_keep(x) = strcol("margin") ne "nan"
curves_name(x) = sprintf("%d", column("period"))
none = 'set label 30 "every trained offset gives the right answer: there is nothing to tell apart" ' \
    .'at graph 0.5, graph 0.5 center textcolor rgb faint font ",10.5"'
name_periods = 'array label_y[curves_n + 1]; array label_text[curves_n + 1]; ' \
    .'array label_colour[curves_n + 1]; label_n = curves_n; ' \
    .'do for [i = 1:curves_n] { label_y[i] = curves_end[i]; ' \
    .'label_colour[i] = period_colour(int(word(curves, i)), shortest, longest); ' \
    .'label_text[i] = sprintf("period %s  %s", word(curves, i), named_value(curves_end[i])) }'

# ---- The margin. -------------------------------------------------------------------------------

curves_value(x) = column("margin")
curves_lo(x) = column("margin_lo")
curves_hi(x) = column("margin_hi")
load here."curves.gp"
call here."panel.gp" "92" "262" \
    "margin, nats: the right answer over the best of the trained offsets'; above 0 content wins"
call here."epochs.gp" first_epoch last_epoch bare
load here."passed.gp"
named_value(v) = sprintf("%+.1f", v)
eval name_periods
if (curves_n == 0) { eval none }
label_lo = curves_low < 0 ? floor(1.1 * curves_low) : 0
label_hi = curves_high > 0 ? ceil(1.1 * curves_high) : 1
label_gap = 15.0 / panel_height * (label_hi - label_lo)
set yrange [label_lo:label_hi]
set ytics nomirror round_step((label_hi - label_lo) / 5.0) format "%g"
load here."labels.gp"
if (curves_n > 0) {
    plot 0 with lines lc rgb ink lw 0.9, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i) == $3 ? $4 : NaN):5 \
            with filledcurves fillcolor rgb label_colour[i] \
            fillstyle transparent solid 0.15 noborder, \
        for [i = 1:bars_n] $curves using (at($1)):(curves_of(i)):4:5 with yerrorbars pt -1 \
            lc rgb label_colour[i] lw 0.8, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
            lc rgb label_colour[i] lw 1.4
} else { plot 0 with lines lc rgb ink lw 0.9 }
load here."next.gp"

# ---- Answers of trained offsets. ---------------------------------------------------------------

# Chance stands in place of the interval.
curves_value(x) = column("pseudo_offset")
curves_lo(x) = column("pseudo_offset_chance")
curves_hi(x) = NaN
load here."curves.gp"
call here."panel.gp" "302" "442" \
    "pseudo-offset rate: predictions that are another answer of a trained offset; dashed: chance"
call here."epochs.gp" first_epoch last_epoch bare
load here."passed.gp"
load here."shares.gp"
named_value(v) = share(v)
eval name_periods
load here."labels.gp"
if (curves_n > 0) {
    plot for [i = 1:curves_n] $curves using (at($1)):(curves_of(i) == $3 ? $4 : NaN) with lines \
            lc rgb tint(label_colour[i], 0.3) lw 0.8 dt 2, \
        for [i = 1:bars_n] $curves using (epochs_first):(curves_of(i) == $3 ? $4 : NaN): \
            (epochs_last - epochs_first):(0) with vectors nohead lc rgb tint(label_colour[i], 0.3) lw 0.8 dt 2, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
            lc rgb label_colour[i] lw 1.4
} else {
    eval none
    plot -1 notitle
}
load here."next.gp"

# ---- The mixture. ------------------------------------------------------------------------------

mixed_n = 4
array mixed_end[mixed_n]
mixed(i) = column("period") != raced ? NaN : i == 1 ? column("w_offset") : i == 2 ? column("w_content") \
    : i == 3 ? column("w_content2") : column("w_uniform") + column("w_unigram") + column("w_bigram")
do for [i = 1:mixed_n] {
    mixed_end[i] = NaN
    stats in using (mixed(i) == mixed(i) ? (mixed_end[i] = mixed(i), 0) : 0) nooutput
}
call here."panel.gp" "482" "622" sprintf("weights in the mixture of rules nearest to the model, period %d", raced)
call here."epochs.gp" first_epoch last_epoch bare
load here."passed.gp"
load here."shares.gp"
array label_y[mixed_n]; array label_text[mixed_n]; array label_colour[mixed_n]
label_n = mixed_n
mixed_name(i) = i == 1 ? "offsets" : i == 2 ? "content" : i == 3 ? "after a pair" : "neither"
do for [i = 1:mixed_n] {
    label_y[i] = mixed_end[i] == mixed_end[i] ? mixed_end[i] : 0
    label_text[i] = mixed_name(i)."  ".(mixed_end[i] == mixed_end[i] ? share(mixed_end[i]) : "-")
    label_colour[i] = word("#D55E00 #0072B2 #56B4E9 ".idle, i)
}
load here."labels.gp"
mixed_with = curve_for(rows_n)
plot for [i = mixed_n:1:-1] in using (at(column("epoch"))):(mixed(i)) with @mixed_with \
    lc rgb label_colour[i] lw (i == mixed_n ? 1.0 : 1.6)
load here."next.gp"

# ---- Accuracy. ---------------------------------------------------------------------------------

call here."panel.gp" "662" "756" ood_name
load here."ood.gp"
unset multiplot
unset output
