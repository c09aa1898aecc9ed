# load here."heads_named.gp"
#
# Labels for curves that are heads (after curves.gp): the named_most that once were highest, the others
# grey. A head's colour is that of its place in its layer, the same in every figure, lighter in the later of
# two layers; of more heads or layers than that tells apart, that of its place among the named. Sets
# label_n, label_y[], label_text[], label_colour[] for labels.gp; curves_colour[] and
# curves_layer[] for the plot. Given named_most (how many at the most) and named_value(v), what stands
# after the name.

array curves_colour[curves_n + 1]; array curves_layer[curves_n + 1]
array label_y[curves_n + 1]; array label_text[curves_n + 1]; array label_colour[curves_n + 1]
named_lowest = -1
do for [i = 1:curves_n] {
    named_head = word(curves, i)
    curves_layer[i] = int(named_head[2:strstrt(named_head, "H") - 1])
    named_lowest = named_lowest < 0 || curves_layer[i] < named_lowest ? curves_layer[i] : named_lowest
}
named_apart = 1
do for [i = 1:curves_n] {
    named_head = word(curves, i)
    named_apart = named_apart && curves_layer[i] <= named_lowest + 1 \
        && int(named_head[strstrt(named_head, "H") + 1:]) < palette_size
}
label_n = 0
do for [i = 1:curves_n] {
    named_head = word(curves, i)
    named_split = strstrt(named_head, "H")
    named_above = 0
    do for [j = 1:curves_n] {
        named_above = named_above + (curves_peak[j] > curves_peak[i] \
            || (curves_peak[j] == curves_peak[i] && j < i))
    }
    curves_colour[i] = idle
    if (named_above < named_most) {
        curves_colour[i] = !named_apart ? tint(colour(label_n + 1), label_n < palette_size ? 0 : 0.45) \
            : tint(colour(1 + int(named_head[named_split + 1:])), \
                curves_layer[i] == named_lowest ? 0 : 0.45)
        label_n = label_n + 1
        label_y[label_n] = curves_end[i]
        label_text[label_n] = named_head.named_value(curves_end[i])
        label_colour[label_n] = curves_colour[i]
    }
}
