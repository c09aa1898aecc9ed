# load here."strongest.gp"
#
# Sorts the heads of one `layer` (after roles.gp) into `strong_heads`, those that are named and
# coloured, with `strong_colours` and `strong_index` (their places in `heads`), and `idle_heads`.
# Up to palette_size heads are all strong, coloured by their number, the same in every figure; of
# more, the strongest by the higher of both scores' peaks. `layer_peak` is the highest of all.

peak(k) = prev_peak[k] > induction_peak[k] ? prev_peak[k] : induction_peak[k]
strong_heads = ""; strong_colours = ""; strong_index = ""; idle_heads = ""
layer_heads = ""; layer_peak = 0
do for [k = 1:head_count] {
    if (head_layer[k] == layer) { layer_heads = layer_heads." ".sprintf("%d", k) }
}
do for [place = 1:words(layer_heads)] {
    k = int(word(layer_heads, place))
    layer_peak = peak(k) > layer_peak ? peak(k) : layer_peak
    stronger = 0
    do for [other in layer_heads] {
        j = int(other)
        if (peak(j) > peak(k) || (peak(j) == peak(k) && j < k)) { stronger = stronger + 1 }
    }
    if (stronger < palette_size) {
        strong_heads = strong_heads." ".word(heads, k)
        strong_index = strong_index." ".word(layer_heads, place)
        strong_colours = strong_colours." " \
            .colour(words(layer_heads) > palette_size ? stronger + 1 : place)
    } else {
        idle_heads = idle_heads." ".word(heads, k)
    }
}
# A loop over nothing is still run once: then over a head that is drawn over again.
if (words(idle_heads) == 0) { idle_heads = word(strong_heads, 1) }
