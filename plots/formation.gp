# formation.gp
#
# The previous-token heads beside accuracy outside the trained periods, on one axis of epochs: does the
# one fade when the other does? Heads are named by role, all others grey. Marked is when a head's score
# crosses three times chance and from where it falls, when an accuracy crosses one half and when it has
# lost a fifth. Columns epoch head prev_token prev_token_uniform, those of metrics.tsv, and of induct-onset
# of column event epoch epoch_lo epoch_hi status.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch head prev_token prev_token_uniform"
curves_table = in
curves_keep(x) = 1
curves_name(x) = strcol("head")
curves_value(x) = column("prev_token")
load here."curves.gp"
metrics = table_metrics
load here."metrics.gp"
note = "▲ begins, ▼ ends (induct-onset) · dashed: uniform attention".(strlen(passed_note) ? " · " : "").passed_note
height = 560
load here."title.gp"

call here."panel.gp" "92" "282" sprintf("prev-token score of the heads, period %d", score_period)
call here."epochs.gp" first_epoch last_epoch bare
load here."passed.gp"
load here."tall.gp"
chosen = previous_heads
load here."chosen.gp"
load here."labels.gp"
onset_key(i) = "head=".word(label_text[i], 1)."prev_token"
if (previous_held) {
    call here."onsets.gp" table_onsets "crossing" "up" "400"
    call here."onsets.gp" table_fades "break" "down" "420"
}
plot in using (at(column("epoch"))):"prev_token_uniform" with lines lc rgb faint lw 0.8 dt 2, \
    for [k = 1:curves_epochs == 1] in using (epochs_first):"prev_token_uniform":@to_the_right, \
    for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
        lc rgb curves_colour[i] lw (curves_colour[i] eq idle ? 0.8 : 1.8)
load here."next.gp"

call here."panel.gp" "322" "512" ood_name
ood_marks = 1
load here."ood.gp"
unset multiplot
unset output
