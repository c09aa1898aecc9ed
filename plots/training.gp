# training.gp
#
# Loss, accuracy and accuracy outside the trained periods (every column ood_P) against epoch, from
# a run's metrics.tsv: columns epoch loss accuracy induction_accuracy. A row that a dying
# trainer left torn lacks the last column, and is left out. The loss is drawn above its floor where
# the log has it so (column excess_loss); runs of an earlier version show the loss and a mean floor.

out = ARG2; load ARG1; load here."style.gp"
metrics = in
load here."metrics.gp"

note = passed_note

# The loss of single batches jumps, most of all where each has another floor: beside it stands a
# mean of logged values around each, at most nine, none further than a tenth of the epoch: what
# changes fast early is not smeared.
smooth = metrics_rows >= 30 ? 9 : 1
array loss_at[9]; array loss_of[9]
mean_rows = 0
loss_push(e, l) = ((sum [j = 1:8] (loss_at[j] = loss_at[j + 1], loss_of[j] = loss_of[j + 1], 0)), \
    loss_at[9] = e, loss_of[9] = l, mean_rows = mean_rows + 1, mean_rows < smooth ? NaN : \
    at(loss_at[smooth == 1 ? 9 : 5]))
is_near(j) = abs(loss_at[j] - loss_at[5]) <= 0.1 * loss_at[5]
loss_mean(x) = smooth == 1 ? loss_of[9] : \
    (sum [j = 1:9] (is_near(j) ? loss_of[j] : 0)) / (sum [j = 1:9] (is_near(j) ? 1 : 0))
height = ood_count > 0 ? 660 : 454
load here."title.gp"

# ---- Loss, down to its floor: the first period cannot be predicted. --------------------------

above_floor = has_column("excess_loss")
loss_column = above_floor ? "excess_loss" : "loss"
floor_known = above_floor || task_known && vocab > 1 && context > 1
floor_loss = above_floor || !floor_known ? 0 : \
    log(vocab - 1) * (0.5 * (period_lo + period_hi) - 1) / (context - 1)
lowest = 0
loss_row(l) = (end_loss = l, top_loss = l > top_loss ? l : top_loss, \
    lowest = l < lowest ? l : lowest, 0)
if (above_floor) { top_loss = 0 }
stats in using (valid(metrics_last) ? loss_row(column(loss_column)) : NaN) nooutput
call here."panel.gp" "90" "220" \
    (above_floor ? "loss above its floor" : "loss").", nats a target" \
        .(smooth > 1 ? "; thin: single batches, bold: mean of up to 9" : "") \
        .(floor_known && !above_floor ? "; dashed: mean floor" : "")
call here."epochs.gp" first_epoch last_epoch bare
load here."passed.gp"
# Guesses of the first period may happen to be lucky: a batch may lie below the floor.
label_lo = 0.1 * floor(10 * lowest)
label_hi = top_loss == top_loss && top_loss > 0 ? ceil(top_loss) : 1
label_gap = 15.0 / panel_height * label_hi
set yrange [label_lo:label_hi]
set ytics nomirror 0,round_step(label_hi / 4.0) format "%g"

array label_y[2]; array label_text[2]; array label_colour[2]
label_n = floor_known ? 2 : 1
label_y[1] = end_loss; label_colour[1] = colour(1)
label_text[1] = sprintf(above_floor ? "above %.3f" : "loss %.3f", end_loss)
label_y[2] = floor_loss; label_colour[2] = faint
label_text[2] = above_floor ? "floor" : sprintf("floor %.3f", floor_loss)
load here."labels.gp"
mean_rows = 0
plot (floor_known ? floor_loss : -1) with lines lc rgb faint lw 1 dt 2, \
    in using (at(column("epoch"))):(seen(loss_column)) \
        with @curve lc rgb (smooth > 1 ? "#9CC6E0" : colour(1)) lw (smooth > 1 ? 0.8 : 1.6), \
    in using (valid(metrics_last) ? loss_push(column("epoch"), column(loss_column)) : NaN): \
        (mean_rows < smooth ? NaN : loss_mean(0)) with lines lc rgb colour(1) lw 1.8
load here."next.gp"

# ---- Accuracy on the training batches. ---------------------------------------------------------

call here."panel.gp" "256" "406" "accuracy in training"
if (ood_count > 0) { call here."epochs.gp" first_epoch last_epoch bare } else {
    call here."epochs.gp" first_epoch last_epoch
}
load here."passed.gp"
load here."shares.gp"
label_n = 2
label_y[1] = end_induction; label_text[1] = "induction ".share(end_induction)
label_colour[1] = "#009E73"
label_y[2] = end_accuracy; label_text[2] = "all targets ".share(end_accuracy)
label_colour[2] = faint
load here."labels.gp"
plot in using (at(column("epoch"))):(seen("accuracy")) with @curve lc rgb faint lw 1.2, \
    in using (at(column("epoch"))):(seen("induction_accuracy")) \
        with @curve lc rgb "#009E73" lw 1.8
load here."next.gp"

# ---- Accuracy at periods never trained on. -----------------------------------------------------

if (words(oods) > 0) {
    call here."panel.gp" "442" "612" ood_name
    load here."ood.gp"
}
unset multiplot
unset output
