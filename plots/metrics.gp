# load here."metrics.gp"
#
# Reads a run's training log (`metrics`: columns epoch loss accuracy induction_accuracy ood_P...):
# `oods`, the periods measured outside training; the last value of every curve; `passed`, the first
# logged epoch with an induction accuracy of one half; for each such period the highest mean of
# five logged values in a row, which one lucky batch does not move.

call here."columns.gp" metrics "epoch loss accuracy induction_accuracy"

# A row that a dying trainer left torn lacks the last column, and is left out.
metrics_last = last_column
seen(name) = valid(metrics_last) ? column(name) : NaN

oods = ""
ood_name = "induction accuracy outside the trained periods"
shortest = period_lo; longest = period_hi
do for [i = 1:words(header)] {
    name = word(header, i)
    if (name[1:4] eq "ood_") {
        p = int(name[5:])
        oods = oods." ".name[5:]
        shortest = p < shortest ? p : shortest
        if (p >= period_lo && p <= period_hi) { ood_name = "induction accuracy by period" }
        longest = p > longest ? p : longest
    }
}

passed = -1; end_accuracy = 0; end_induction = 0; top_loss = 0; metrics_rows = 0
metrics_row(e, l, a, i) = (note_epoch(e), metrics_rows = metrics_rows + 1, \
    end_accuracy = a, end_induction = i, top_loss = l > top_loss ? l : top_loss, \
    passed < 0 && i >= 0.5 ? passed = e : 0, 0)
stats metrics using (valid(metrics_last) ? metrics_row(column("epoch"), column("loss"), \
    column("accuracy"), column("induction_accuracy")) : NaN) nooutput

if (last_epoch < 0) {
    print "plots: ".metrics.": no whole row"
    exit status 1
}

curve = curve_for(epochs_seen)

ood_count = words(oods)
array ood_end[ood_count + 1]
array ood_peak[ood_count + 1]
array recent[5]
do for [k = 1:ood_count] {
    ood_peak[k] = 0
    do for [j = 1:5] { recent[j] = 0.0 }
    ood_row(x) = (recent[1] = recent[2], recent[2] = recent[3], recent[3] = recent[4], \
        recent[4] = recent[5], recent[5] = x, ood_end[k] = x, \
        mean = (recent[1] + recent[2] + recent[3] + recent[4] + recent[5]) / 5.0, \
        ood_peak[k] = mean > ood_peak[k] ? mean : ood_peak[k], 0)
    stats metrics using (valid(metrics_last) ? ood_row(column("ood_".word(oods, k))) : NaN) \
        nooutput
}

passed_note = passed < 0 ? "" : "dotted: induction accuracy passes 0.5"
