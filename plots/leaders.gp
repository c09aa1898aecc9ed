# load here."leaders.gp"
#
# Chooses previous-token heads of layer 0 by role (after roles.gp): of the checkpoints at which the
# strongest head of the layer scores above twice uniform attention, it was this head at one in twenty
# or more, or it once came within a fifth of the highest score of all. Sets `best`, the once
# strongest, `faded`, the one of the chosen that lost most, and lists of places in `heads`:
# `chosen`, `others`, `named`.

place_of(h) = sum [j = 1:head_count] (word(heads, j) eq h ? j : 0)
array leads[head_count]
do for [k = 1:head_count] { leads[k] = 0 }
led = 0; leader = 0; leader_score = twice_prev; leader_epoch = -1
lead_end(x) = (leader > 0 ? (leads[leader] = leads[leader] + 1, led = led + 1) : 0, 0)
lead_row(e, h, p) = ( \
    e != leader_epoch ? \
        (lead_end(0), leader_epoch = e, leader = 0, leader_score = twice_prev) : 0, \
    p > leader_score ? (leader = place_of(h), leader_score = p) : 0, 0)
stats scores using (layer_of(strcol("head")) == 0 ? \
    lead_row(column("epoch"), strcol("head"), column("prev_token")) : NaN) nooutput
led = led + lead_end(0)

best = 0
do for [k = 1:head_count] {
    if (head_layer[k] == 0 && (best == 0 || prev_peak[k] > prev_peak[best])) { best = k }
}
chosen = ""; others = ""
faded = best
do for [k = 1:head_count] {
    if (head_layer[k] == 0) {
        led_often = led > 0 && 20 * leads[k] >= led
        as_strong = prev_peak[k] >= twice_prev && prev_peak[k] >= 0.8 * prev_peak[best]
        if (k == best || (words(chosen) < palette_size && (led_often || as_strong))) {
            chosen = chosen.sprintf(" %d", k)
            faded = prev_peak[k] - prev_end[k] > prev_peak[faded] - prev_end[faded] ? k : faded
        } else {
            others = others.sprintf(" %d", k)
        }
    }
}
named = chosen.(words(chosen) + words(others) <= palette_size ? others : "")
if (words(others) == 0) { others = word(chosen, 1) }   # a loop over nothing is still run once
