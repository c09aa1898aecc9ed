# load here."chosen.gp"
#
# Labels for curves that are heads (after curves.gp), in the colours of heads_named.gp, but which are named
# is given: `chosen`, the names of heads. The others are grey.

named_most = 1000000
named_value(v) = ""
load here."heads_named.gp"
array chosen_colour[curves_n + 1]
do for [i = 1:curves_n] { chosen_colour[i] = curves_colour[i]; curves_colour[i] = idle }
label_n = 0
do for [chosen_head in chosen] {
    do for [i = 1:curves_n] {
        if (word(curves, i) eq chosen_head) {
            label_n = label_n + 1
            curves_colour[i] = named_apart ? chosen_colour[i] : colour(label_n)
            label_y[label_n] = curves_end[i]
            label_text[label_n] = chosen_head."  ".share(curves_end[i])
            label_colour[label_n] = curves_colour[i]
        }
    }
}
