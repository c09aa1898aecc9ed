# load here."metrics.gp"
#
# Reads a run's training log, `metrics`: the last values of its curves (end_loss, end_accuracy, end_induction),
# ood_end[] in the order of `oods` (the mean of the last five rows, which is what induct-roles and headlines
# call the last value), top_loss, `shortest` and `longest` of all periods.

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

# The mean of a column's last five rows; of how many it is: `kept`.
array kept_rows[5]
keep_row(x) = (kept_rows[kept_seen % 5 + 1] = x, kept_seen = kept_seen + 1, 0)
mean_of_last = 'kept_seen = 0; stats metrics using (valid(metrics_last) ? keep_row(column(kept_name)) : NaN) nooutput; ' \
    .'kept = kept_seen < 5 ? kept_seen : 5; kept_mean = kept ? 0 : NaN; ' \
    .'do for [kept_row = 1:kept] { kept_mean = kept_mean + kept_rows[kept_row] / kept }'
ood_of = ""
do for [k = 1:ood_count] {
    p = int(word(oods, k))
    shortest = shortest == 0 || p < shortest ? p : shortest
    longest = p > longest ? p : longest
    if (is_trained(p)) { ood_name = "induction accuracy by period" }
    kept_name = "ood_".word(oods, k)
    eval mean_of_last
    ood_end[k] = kept_mean
    ood_of = kept > 1 ? sprintf(" (values: the last %d rows' mean)", kept) : ""
}
ood_name = ood_name.ood_of
passed_note = passed < 0 ? "" : "dotted: induction accuracy passes 0.5"
