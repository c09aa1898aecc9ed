# study.gp
#
# What the study asked, on one axis of epochs: accuracy inside and outside the trained periods; the
# previous-token heads; K-composition with a later head, the highest of each; how much later heads favour
# the trained offsets by position alone; and what brings accuracy back at the period that fell most: a
# head as it was when accuracy there was best, or the position term dropped. Columns as in
# formation.gp, compose.gp, bump.gp; of the rescue: epoch_from epoch_into what kind period accuracy
# accuracy_into.

out = ARG2; load ARG1; load here."style.gp"
metrics = table_metrics; rescues = table_rescue
has_split = strlen(table_bump) && strlen(table_drop)
call here."columns.gp" table_scores "epoch head prev_token prev_token_uniform"
call here."columns.gp" table_compose "epoch writer reader kind score chance"
call here."columns.gp" rescues "epoch_from epoch_into what kind period accuracy accuracy_into"
load here."metrics.gp"
donor = 0; grafted = ""; placebos = " "
is_rescue(x) = column("period") == fallen_period
rescue_row(what, kind, e) = (kind eq "graft" ? (grafted = what, donor = e, 0) : \
    strstrt(placebos, " ".what." ") ? 0 : (placebos = placebos.what." "), 0)
stats rescues using (is_rescue(0) ? rescue_row(strcol("what"), strcol("kind"), column("epoch_from")) \
    : 0) nooutput
note = "dotted: where the head is from".(has_split ? " · no positions: pp dropped" : "")
panels_n = has_split ? 5 : 4
panel_step = 182
height = 84 + panels_n * panel_step + 40
load here."title.gp"

top_of(panel) = sprintf("%d", 94 + (panel - 1) * panel_step)
foot_of(panel) = sprintf("%d", 94 + (panel - 1) * panel_step + 134)
mark_donor = 'set arrow 50 from first donor, graph 0 to first donor, graph 1 nohead ' \
    .'lc rgb "#707070" lw 1 dt 3'

# ---- Accuracy. ---------------------------------------------------------------------------------

call here."panel.gp" top_of(1) foot_of(1) "induction accuracy, in training and outside".ood_of "62" "728"
call here."epochs.gp" first_epoch last_epoch bare
eval mark_donor
load here."shares.gp"
label_n = ood_count + 1
array label_y[label_n]; array label_text[label_n]; array label_colour[label_n]
do for [i = 1:ood_count] {
    label_y[i] = ood_end[i]
    label_text[i] = sprintf("period %s  %s", word(oods, i), share(ood_end[i]))
    label_colour[i] = period_colour(int(word(oods, i)), shortest, longest)
}
kept_name = "induction_accuracy"
eval mean_of_last
label_y[label_n] = kept_mean
label_text[label_n] = "in training  ".share(kept_mean)
label_colour[label_n] = "#009E73"
load here."labels.gp"
plot metrics using (at(column("epoch"))):(seen("induction_accuracy")) with @curve \
        lc rgb label_colour[label_n] lw 1.2, \
    for [i = 1:ood_count] metrics using (at(column("epoch"))):(seen("ood_".word(oods, i))) \
        with @curve lc rgb label_colour[i] lw 1.3
load here."next.gp"

# ---- Previous-token heads. ---------------------------------------------------------------------

curves_table = table_scores
curves_keep(x) = 1
curves_name(x) = strcol("head")
curves_value(x) = column("prev_token")
load here."curves.gp"
call here."panel.gp" top_of(2) foot_of(2) \
    sprintf("prev-token score of the heads, period %d; dashed: uniform attention", score_period) \
    "62" "728"
call here."epochs.gp" first_epoch last_epoch bare
eval mark_donor
load here."tall.gp"
chosen = previous_heads
load here."chosen.gp"
load here."labels.gp"
plot table_scores using (at(column("epoch"))):"prev_token_uniform" with lines lc rgb faint lw 0.8 dt 2, \
    for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
        lc rgb curves_colour[i] lw (curves_colour[i] eq idle ? 0.8 : 1.8)
load here."next.gp"

# ---- Their K-composition. ----------------------------------------------------------------------

curves_table = table_compose
curves_keep(x) = strcol("kind") eq "k" && column("score") == column("score")
curves_name(x) = strcol("writer")
curves_value(x) = column("score")
load here."curves.gp"
call here."panel.gp" top_of(3) foot_of(3) \
    "their K-composition with every later head; dashed: chance" "62" "728"
call here."epochs.gp" first_epoch last_epoch bare
eval mark_donor
load here."tall.gp"
load here."chosen.gp"
do for [i = 1:label_n] {
    label_text[i] = (label_text[i])[1:strstrt(label_text[i], " ") - 1]
}
load here."labels.gp"
plot table_compose using (at(column("epoch"))):"chance" with lines lc rgb faint lw 0.8 dt 2, \
    for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with points pt 7 \
        ps (curves_epochs <= 12 ? 0.6 : curves_epochs <= 60 ? 0.35 : 0.22) \
        lc rgb curves_colour[i]
load here."next.gp"

# ---- The positional bump. ----------------------------------------------------------------------

if (has_split) {
    curves_table = table_bump
    curves_keep(x) = 1
    curves_name(x) = strcol("head")
    curves_value(x) = column("bump")
    load here."curves.gp"
    call here."panel.gp" top_of(4) foot_of(4) \
        "positional bump of later heads: trained offsets above longer ones, in scores" "62" "728"
    call here."epochs.gp" first_epoch last_epoch bare
    eval mark_donor
    named_most = palette_size
    named_value(v) = "  ".change(v)
    load here."heads_named.gp"
    # Of one hue, for their numbers have nothing to do with those of the layer above.
    do for [j = 1:label_n] {
        fade = label_n == 1 ? 0 : (j - 1.0) / (label_n - 1)
        label_colour[j] = rgb(mix(0x4B, 0xA7, fade), mix(0x2E, 0x8A, fade), mix(0x83, 0xD0, fade))
    }
    label_lo = curves_low < 0 ? 1.1 * curves_low : 0
    label_hi = curves_high > 0 ? 1.1 * curves_high : 1
    label_gap = 15.0 / panel_height * (label_hi - label_lo)
    set yrange [label_lo:label_hi]
    set ytics nomirror round_step((label_hi - label_lo) / 4.0) format "%g"
    load here."labels.gp"
    named_i = 0
    array bump_colour[curves_n + 1]
    do for [i = 1:curves_n] {
        named_i = named_i + (curves_colour[i] eq idle ? 0 : 1)
        bump_colour[i] = curves_colour[i] eq idle ? idle : label_colour[named_i]
    }
    plot 0 with lines lc rgb faint lw 0.8 dt 2, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
            lc rgb bump_colour[i] lw 1.4
    load here."next.gp"
}

# ---- What brings it back. ----------------------------------------------------------------------

# Its arms as curves: the model as it is, the graft, the position term dropped, and placebos.
placebos_n = words(placebos)
curves_table = rescues
curves_keep(x) = is_rescue(0)
curves_name(x) = strcol("what")
set table $arms separator tab
plot rescues using (column("epoch_into")):(strcol("kind") eq "graft" ? "graft" : strcol("what")): \
    (column("accuracy")) with table if (is_rescue(0))
plot rescues using (column("epoch_into")):("intact"):(column("accuracy_into")) with table \
    if (is_rescue(0) && strcol("kind") eq "graft")
if (has_split) {
    plot table_drop using (column("epoch")):("dropped"):(column("accuracy_dropped")) with table \
        if (column("period") == fallen_period)
}
unset table
array arm_ends[3]
arms = "intact graft dropped"
do for [i = 1:3] {
    arm_ends[i] = NaN
    stats $arms using (trim(strcol(2)) eq word(arms, i) ? (arm_ends[i] = $3, 0) : 0) nooutput
}
best_placebo = ""; best_placebo_end = NaN
stats $arms using (strstrt(placebos, " ".trim(strcol(2))." ") && $1 == last_epoch \
    && !($3 <= best_placebo_end) ? (best_placebo = trim(strcol(2)), best_placebo_end = $3, 0) : 0) \
    nooutput
call here."panel.gp" top_of(panels_n) foot_of(panels_n) \
    sprintf("accuracy at period %d: %s of epoch %s put back%s", fallen_period, grafted, \
    commas(int(donor)), has_split ? "; scores without positions" : "") "62" "728"
call here."epochs.gp" first_epoch last_epoch
eval mark_donor
load here."shares.gp"
array label_y[4]; array label_text[4]; array label_colour[4]
label_y[1] = arm_ends[1]; label_text[1] = "as it is  ".share(arm_ends[1])
label_colour[1] = period_colour(fallen_period, shortest, longest)
label_y[2] = arm_ends[2]; label_text[2] = grafted." put back  ".share(arm_ends[2])
grafted_head = grafted[strstrt(grafted, "H") + 1:]
label_colour[2] = colour(1 + (strlen(grafted_head) ? int(grafted_head) : 0))
label_n = 2
if (arm_ends[3] == arm_ends[3]) {
    label_n = 3
    label_y[3] = arm_ends[3]; label_text[3] = "no positions  ".share(arm_ends[3])
    label_colour[3] = ink
}
if (strlen(best_placebo)) {
    label_n = label_n + 1
    label_y[label_n] = best_placebo_end
    label_text[label_n] = best_placebo." instead  ".share(best_placebo_end)
    label_colour[label_n] = "#8C8C8C"
}
load here."labels.gp"
arm(name) = trim(strcol(2)) eq name ? $3 : NaN
arms_with = curve_for(|$arms| / (placebos_n + 2))
shown_arms = placebos." intact".(arm_ends[3] == arm_ends[3] ? " dropped" : "")." graft"
arm_colour(name) = name eq "intact" ? label_colour[1] : name eq "graft" ? label_colour[2] \
    : name eq "dropped" ? ink : idle
plot for [name in shown_arms] $arms using (at($1)):(arm(name)) with @arms_with \
    lc rgb arm_colour(name) lw (strstrt(placebos, " ".name." ") ? 0.9 : 1.7)
unset multiplot
unset output
