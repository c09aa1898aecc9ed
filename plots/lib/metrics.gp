# load here."metrics.gp"
#
# Reads a run's training log, `metrics`: the last values of its curves (end_loss, end_accuracy, end_induction,
# ood_end[] in the order of `oods`), top_loss, `shortest` and `longest` of all periods.

call here."columns.gp" metrics "epoch loss accuracy induction_accuracy"

# A row that a dying trainer left torn lacks the last column, and is left out.
metrics_last = last_column
seen(name) = valid(metrics_last) ? column(name) : NaN

end_accuracy = NaN; end_induction = NaN; end_loss = NaN; top_loss = 0; metrics_rows = 0
metrics_row(e, l, a, i) = (note_epoch(e), metrics_rows = metrics_rows + 1, end_loss = l, \
    end_accuracy = a, end_induction = i, top_loss = l > top_loss ? l : top_loss, 0)
stats metrics using (valid(metrics_last) ? metrics_row(column("epoch"), column("loss"), \
    column("accuracy"), column("induction_accuracy")) : NaN) nooutput
curve = curve_for(epochs_seen)

shortest = period_lo; longest = period_hi
ood_name = "induction accuracy outside the trained periods"
ood_count = words(oods)
array ood_end[ood_count + 1]
do for [k = 1:ood_count] {
    p = int(word(oods, k))
    shortest = shortest == 0 || p < shortest ? p : shortest
    longest = p > longest ? p : longest
    if (is_trained(p)) { ood_name = "induction accuracy by period" }
    ood_end[k] = NaN
    ood_row(x) = (ood_end[k] = x, 0)
    stats metrics using (valid(metrics_last) ? ood_row(column("ood_".word(oods, k))) : NaN) nooutput
}
passed_note = passed < 0 ? "" : "dotted: induction accuracy passes 0.5"
