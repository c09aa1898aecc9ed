# load here."ood.gp"
#
# Draws the panel of accuracies outside the trained periods, after metrics.gp and panel.gp: the
# page's lowest, with the axis of epochs. With `ood_marks` the events of tables passings and losses.

call here."epochs.gp" first_epoch last_epoch
load here."passed.gp"
load here."shares.gp"
label_n = ood_count
array label_y[label_n]; array label_text[label_n]; array label_colour[label_n]
do for [i = 1:label_n] {
    label_y[i] = ood_end[i]
    label_text[i] = sprintf("period %s  %s", word(oods, i), share(ood_end[i]))
    label_colour[i] = period_colour(int(word(oods, i)), shortest, longest)
}
load here."labels.gp"
if (exists("ood_marks")) {
    onset_key(i) = "-ood_".word(label_text[i], 2)
    call here."onsets.gp" table_passings "crossing" "up" "440"
    call here."onsets.gp" table_losses "crossing" "down" "460"
}
plot for [i = 1:label_n] metrics using (at(column("epoch"))):(seen("ood_".word(oods, i))) \
    with @curve lc rgb label_colour[i] lw 1.4
load here."next.gp"
