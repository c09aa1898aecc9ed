# load here."roles.gp"
#
# Reads a table of scores (`scores`: columns epoch head prev_token induction): heads in the table's
# order, layers, the epochs' ends, and for every head the highest and the last value of both
# scores, so that figures choose heads by role ("the strongest previous-token head") and not
# by index, which means nothing from one seed to the next.

heads = " "
roles_row(e, h) = (note_epoch(e), \
    strstrt(heads, " ".h." ") ? 0 : (heads = heads.h." ", 0))
stats scores using (roles_row(column("epoch"), strcol("head"))) nooutput
if (last_epoch < 0) {
    print "plots: ".scores.": no row for this axis of epochs"
    exit status 1
}
head_curve = curve_for(epochs_seen)

head_count = words(heads)
array head_layer[head_count]
array prev_peak[head_count]; array prev_end[head_count]
array induction_peak[head_count]; array induction_end[head_count]
layers = 0
layer_of(h) = int(h[2:strstrt(h, "H") - 1])
do for [k = 1:head_count] {
    head = word(heads, k)
    head_layer[k] = layer_of(head)
    layers = head_layer[k] + 1 > layers ? head_layer[k] + 1 : layers
    prev_peak[k] = -1; induction_peak[k] = -1; prev_end[k] = 0; induction_end[k] = 0
    roles_head(p, i) = (prev_end[k] = p, induction_end[k] = i, \
        prev_peak[k] = p > prev_peak[k] ? p : prev_peak[k], \
        induction_peak[k] = i > induction_peak[k] ? i : induction_peak[k], 0)
    stats scores using (strcol("head") eq head ? \
        roles_head(column("prev_token"), column("induction")) : NaN) nooutput
}
best_prev = 1; best_induction = 1
do for [k = 2:head_count] {
    best_prev = prev_peak[k] > prev_peak[best_prev] ? k : best_prev
    best_induction = induction_peak[k] > induction_peak[best_induction] ? k : best_induction
}
# The scores of uniform causal attention, if the table has them beside the heads' own.
prev_uniform = NaN; induction_uniform = NaN
if (has_column("prev_token_uniform") && has_column("induction_uniform")) {
    stats scores using (prev_uniform = column("prev_token_uniform"), \
        induction_uniform = column("induction_uniform"), 0) every ::0::0 nooutput
}
# What may be called a head of its role: twice what a head does that attends to all alike.
twice_prev = prev_uniform == prev_uniform ? 2 * prev_uniform : 0.1
twice_induction = induction_uniform == induction_uniform ? 2 * induction_uniform : 0.06
uniform_note = prev_uniform == prev_uniform ? "dashed: uniform attention" : ""
# A head's own rows; those of the others are passed over.
of(head, name) = strcol("head") eq head ? column(name) : NaN
