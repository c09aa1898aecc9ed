# study.gp METRICS OUT [RUN [TASK [linear|log ["SCORES COMPOSITION BUMP DROP RESCUE"]]]]
#
# What the study asked, on one axis of epochs: accuracy inside and outside the trained periods; the
# strongest previous-token heads; their K-composition with the layer after; how much later heads
# favour the trained offsets by position alone; and what brings accuracy back at the period that fell
# most: the head as it was when accuracy outside was best, or the position term dropped. BUMP and DROP
# are "-" for models that have no such split. Columns as in formation.gp, compose.gp, bump.gp; RESCUE is
# induct-graft's: columns epoch_from epoch_into what kind period accuracy accuracy_into.

in = ARG1; out = ARG2; run = ARG3; task = ARG4; xscale = ARG5; tables = ARG6
here = ARG0[1:strlen(ARG0) - strlen("study.gp")]
load here."style.gp"
metrics = in; scores = word(tables, 1); composition = word(tables, 2)
bumps = word(tables, 3); drops = word(tables, 4); rescues = word(tables, 5)
has_split = bumps ne "-"
call here."columns.gp" scores "epoch head prev_token induction"
load here."roles.gp"
load here."metrics.gp"
load here."leaders.gp"
if (ood_count == 0) {
    print "plots: ".metrics.": no accuracy outside the trained periods"
    exit status 1
}
fallen = 1
do for [k = 2:ood_count] {
    fallen = ood_peak[k] - ood_end[k] > ood_peak[fallen] - ood_end[fallen] ? k : fallen
}
fallen_period = int(word(oods, fallen))

# ---- What brings it back, at the last epoch. ---------------------------------------------------

call here."columns.gp" rescues "epoch_from epoch_into what kind period accuracy accuracy_into"
donor = 0; grafted = ""; rescue_end = NaN; intact_end = NaN; rescue_epoch = -1
is_rescue(x) = column("period") == fallen_period
stats rescues using (is_rescue(0) && strcol("kind") eq "graft" && column("epoch_into") >= rescue_epoch \
    ? (donor = column("epoch_from"), grafted = strcol("what"), rescue_epoch = column("epoch_into"), \
    rescue_end = column("accuracy"), intact_end = column("accuracy_into"), 0) : 0) nooutput
if (rescue_epoch < 0) {
    print "plots: ".rescues.sprintf(": no graft at period %d", fallen_period)
    exit status 1
}
drop_end = NaN; drop_epoch = -1
if (has_split) {
    call here."columns.gp" drops "epoch dropped period accuracy accuracy_dropped"
    stats drops using (column("period") == fallen_period && column("epoch") >= drop_epoch ? \
        (drop_epoch = column("epoch"), drop_end = column("accuracy_dropped"), 0) : 0) nooutput
    call here."columns.gp" bumps "epoch head bump"
}
call here."columns.gp" composition "epoch writer reader kind score chance"

title = ood_peak[fallen] - ood_end[fallen] > 0.1 \
    ? sprintf("Period %d falls from %s to %s; %s put back %s", fallen_period, \
        share(ood_peak[fallen]), share(intact_end), grafted, share(rescue_end)) \
    : sprintf("Period %d ends at %s; with an earlier %s %s", fallen_period, share(intact_end), \
        grafted, share(rescue_end))
if (drop_epoch >= 0) { title = title.", no positions ".share(drop_end) }
note = "dotted: where the head is from".(has_split ? " · no positions: pp dropped" : "")
panels_n = has_split ? 5 : 4
panel_step = 182
height = 84 + panels_n * panel_step + 40
load here."title.gp"

right_edge = "728"
top_of(panel) = 94 + (panel - 1) * panel_step
mark_donor = 'set arrow 50 from first donor, graph 0 to first donor, graph 1 nohead ' \
    .'lc rgb "#707070" lw 1 dt 3'

# ---- Accuracy. ---------------------------------------------------------------------------------

call here."panel.gp" sprintf("%d", top_of(1)) sprintf("%d", top_of(1) + 134) \
    "induction accuracy, in training and outside" "62" "728"
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
label_y[label_n] = end_induction
label_text[label_n] = "in training  ".share(end_induction)
label_colour[label_n] = "#009E73"
load here."labels.gp"
plot metrics using (at(column("epoch"))):(seen("induction_accuracy")) with @curve \
        lc rgb label_colour[label_n] lw 1.2, \
    for [i = 1:ood_count] metrics using (at(column("epoch"))):(seen("ood_".word(oods, i))) \
        with @curve lc rgb label_colour[i] lw 1.3
load here."next.gp"

# ---- Previous-token heads. ---------------------------------------------------------------------

head_colour(k) = (i = strstrt(word(heads, k), "H"), colour(1 + int((word(heads, k))[i + 1:])))
call here."panel.gp" sprintf("%d", top_of(2)) sprintf("%d", top_of(2) + 134) \
    "prev-token score of the heads of layer 0" "62" "728"
call here."epochs.gp" first_epoch last_epoch bare
eval mark_donor
load here."shares.gp"
label_hi = ceil(10.5 * prev_peak[best]) / 10.0
label_hi = label_hi > 1 ? 1.0 : label_hi
label_gap = label_gap * label_hi
set yrange [0:label_hi]
set ytics nomirror 0,(label_hi > 0.6 ? 0.25 : 0.1),1 format "%.2g"
label_n = words(named)
array label_y[label_n + 1]; array label_text[label_n + 1]; array label_colour[label_n + 1]
do for [j = 1:label_n] {
    k = int(word(named, j))
    label_y[j] = prev_end[k]
    label_text[j] = sprintf("%s  %s", word(heads, k), share(prev_end[k]))
    label_colour[j] = j > words(chosen) ? "#8C8C8C" : head_colour(k)
}
load here."labels.gp"
curve_of(list, j) = of(word(heads, int(word(list, j))), "prev_token")
plot for [j = 1:words(others)] scores using (at(column("epoch"))):(curve_of(others, j)) \
        with @head_curve lc rgb idle lw 1, \
    for [j = 1:words(chosen)] scores using (at(column("epoch"))):(curve_of(chosen, j)) \
        with @head_curve lc rgb label_colour[j] lw 1.8
load here."next.gp"

# ---- Their K-composition: of each writer the strongest reader at every epoch. ------------------

is_k(x) = strcol("kind") eq "k" && layer_of(strcol("writer")) == 0 && column("score") == column("score")
chance = NaN
k_at = -1; k_epochs = 0
stats composition using (is_k(0) ? (chance = column("chance"), column("epoch") == k_at ? 0 : \
    (k_at = column("epoch"), k_epochs = k_epochs + 1)) : 0) nooutput
array k_epoch[k_epochs + 1]; array k_score[(k_epochs + 1) * head_count]
do for [i = 1:(k_epochs + 1) * head_count] { k_score[i] = NaN }
k_at = -1; k_n = 0; k_high = 0
k_row(e, w, s) = (e == k_at ? 0 : (k_at = e, k_n = k_n + 1, k_epoch[k_n] = e), \
    slot = (place_of(w) - 1) * k_epochs + k_n, k_score[slot] = k_score[slot] >= s ? k_score[slot] : s, \
    k_high = s > k_high ? s : k_high, 0)
stats composition using (is_k(0) && place_of(strcol("writer")) > 0 ? \
    k_row(column("epoch"), strcol("writer"), column("score")) : 0) nooutput
call here."panel.gp" sprintf("%d", top_of(3)) sprintf("%d", top_of(3) + 134) \
    "their K-composition with a later head, the highest; dashed: chance" "62" "728"
call here."epochs.gp" first_epoch last_epoch bare
eval mark_donor
label_lo = 0; label_hi = ceil(21 * k_high) / 20.0
label_gap = 15.0 / panel_height * label_hi
set yrange [0:label_hi]
set ytics nomirror 0,(label_hi > 0.5 ? 0.25 : label_hi > 0.2 ? 0.1 : 0.05),1 format "%.2g"
# A head of zeros has no score, hence no curve.
has_k(k) = (sum [n = 1:k_n] (k_score[(k - 1) * k_epochs + n] == k_score[(k - 1) * k_epochs + n])) > 0
shown_k(list) = (shown_list = "", (sum [j = 1:words(list)] (has_k(int(word(list, j))) ? \
    (shown_list = shown_list." ".word(list, j), 0) : 0)), shown_list)
chosen_k = shown_k(chosen); others_k = shown_k(others); named_k = shown_k(named)
if (words(others_k) == 0) { others_k = chosen_k }
if (words(chosen_k) == 0) { chosen_k = others_k }
label_n = words(named_k)
k_colour(k) = strstrt(chosen." ", sprintf(" %d ", k)) ? head_colour(k) : "#8C8C8C"
do for [j = 1:label_n] {
    k = int(word(named_k, j))
    label_y[j] = k_score[(k - 1) * k_epochs + k_n]
    label_text[j] = sprintf("%s  %s", word(heads, k), share(label_y[j]))
    label_colour[j] = k_colour(k)
}
load here."labels.gp"
set print $k_scores
do for [n = 1:k_n] {
    k_line = sprintf("%d", k_epoch[n])
    do for [k = 1:head_count] { k_line = k_line.sprintf("\t%g", k_score[(k - 1) * k_epochs + n]) }
    print k_line
}
unset print
k_of(list, j) = column(1 + int(word(list, j)))
plot chance with lines lc rgb faint lw 0.8 dt 2, \
    for [j = 1:words(others_k)] $k_scores \
        using (at($1)):(k_of(others_k, j)) with @head_curve lc rgb idle lw 1, \
    for [j = 1:words(chosen_k)] $k_scores \
        using (at($1)):(k_of(chosen_k, j)) with @head_curve \
        lc rgb k_colour(int(word(chosen_k, j))) lw 1.8
load here."next.gp"

# ---- The positional bump. ----------------------------------------------------------------------

if (has_split) {
    curves_table = bumps
    curves_keep(x) = 1
    curves_name(x) = strcol("head")
    curves_value(x) = column("bump")
    load here."curves.gp"
    call here."panel.gp" sprintf("%d", top_of(4)) sprintf("%d", top_of(4) + 134) \
        "positional bump of later heads: trained offsets above longer ones, in scores" "62" "728"
    call here."epochs.gp" first_epoch last_epoch bare
    eval mark_donor
    named_most = palette_size
    named_value(v) = sprintf("  %+.2f", v)
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
    shade_of(i) = curves_colour[i] eq idle ? idle : label_colour[i > label_n ? label_n : i]
    plot 0 with lines lc rgb faint lw 0.8 dt 2, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
            lc rgb shade_of(i) lw 1.4
    load here."next.gp"
}

# ---- What brings it back. ----------------------------------------------------------------------

placebos = " "; rescue_epochs = 0; rescue_at = -1
rescue_row(e, what, kind) = (e == rescue_at ? 0 : (rescue_at = e, rescue_epochs = rescue_epochs + 1), \
    kind eq "graft" || strstrt(placebos, " ".what." ") ? 0 : (placebos = placebos.what." "), 0)
stats rescues using (is_rescue(0) ? rescue_row(column("epoch_into"), strcol("what"), strcol("kind")) \
    : 0) nooutput
rescue_curve = curve_for(rescue_epochs)
placebos_n = words(placebos)
array placebo_end[placebos_n + 1]
do for [i = 1:placebos_n] {
    stats rescues using (is_rescue(0) && strcol("what") eq word(placebos, i) \
        && column("epoch_into") == rescue_epoch ? (placebo_end[i] = column("accuracy"), 0) : 0) nooutput
}
call here."panel.gp" sprintf("%d", top_of(panels_n)) sprintf("%d", top_of(panels_n) + 134) \
    sprintf("accuracy at period %d: %s of epoch %s put back; scores without positions", fallen_period, \
    grafted, commas(int(donor))) "62" "728"
call here."epochs.gp" first_epoch last_epoch
eval mark_donor
load here."shares.gp"
label_n = (drop_epoch >= 0 ? 3 : 2) + (placebos_n > 0 ? 1 : 0)
array label_y[label_n]; array label_text[label_n]; array label_colour[label_n]
label_y[1] = intact_end; label_text[1] = "as it is  ".share(intact_end)
label_colour[1] = period_colour(fallen_period, shortest, longest)
label_y[2] = rescue_end; label_text[2] = grafted." put back  ".share(rescue_end)
grafted_place = place_of(grafted)
label_colour[2] = grafted_place > 0 ? head_colour(grafted_place) : ink
if (drop_epoch >= 0) {
    label_y[3] = drop_end; label_text[3] = "no positions  ".share(drop_end)
    label_colour[3] = ink
}
if (placebos_n > 0) {
    high = 1
    do for [i = 2:placebos_n] { high = placebo_end[i] > placebo_end[high] ? i : high }
    label_y[label_n] = placebo_end[high]
    label_text[label_n] = word(placebos, high)." instead  ".share(placebo_end[high])
    label_colour[label_n] = "#8C8C8C"
}
load here."labels.gp"
arm(name) = is_rescue(0) && strcol("what") eq name ? column("accuracy") : NaN
dropped(x) = column("period") == fallen_period ? column("accuracy_dropped") : NaN
if (placebos_n == 0) { placebos = grafted; placebos_n = 1 }
plot for [i = 1:placebos_n] rescues using (at(column("epoch_into"))):(arm(word(placebos, i))) \
        with @rescue_curve lc rgb idle lw 0.9, \
    rescues using (at(column("epoch_into"))): \
        (is_rescue(0) && strcol("kind") eq "graft" ? column("accuracy_into") : NaN) \
        with @rescue_curve lc rgb label_colour[1] lw 1.6, \
    (drop_epoch >= 0 ? drops : rescues) using \
        (drop_epoch >= 0 ? at(column("epoch")) : NaN):(drop_epoch >= 0 ? dropped(0) : NaN) \
        with @rescue_curve lc rgb ink lw 1.6, \
    rescues using (at(column("epoch_into"))):(arm(grafted)) with @rescue_curve \
        lc rgb label_colour[2] lw 1.8
unset multiplot
unset output
