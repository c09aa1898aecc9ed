# formation.gp
#
# The previous-token heads beside accuracy outside the trained periods, on one axis of epochs: does the
# one fade when the other does? Heads are named by role, all others grey. Columns epoch head
# prev_token prev_token_uniform, and those of metrics.tsv.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch head prev_token prev_token_uniform"
curves_table = in
curves_keep(x) = 1
curves_name(x) = strcol("head")
curves_value(x) = column("prev_token")
load here."curves.gp"
metrics = table_metrics
load here."metrics.gp"
note = "dashed: uniform attention".(strlen(passed_note) ? " · " : "").passed_note
height = 560
load here."title.gp"

call here."panel.gp" "92" "282" sprintf("prev-token score of the heads, period %d", score_period)
call here."epochs.gp" first_epoch last_epoch bare
load here."passed.gp"
load here."tall.gp"
chosen = previous_heads
load here."chosen.gp"
load here."labels.gp"
plot in using (at(column("epoch"))):"prev_token_uniform" with lines lc rgb faint lw 0.8 dt 2, \
    for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
        lc rgb curves_colour[i] lw (curves_colour[i] eq idle ? 0.8 : 1.8)
load here."next.gp"

call here."panel.gp" "322" "512" ood_name
load here."ood.gp"
unset multiplot
unset output
