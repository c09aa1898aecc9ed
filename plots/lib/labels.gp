# load here."labels.gp"
#
# Names at the ends of a panel's curves, moved apart where they would overlap: as little as
# possible in the sense of least squares, in order, and within the panel (isotonic regression of
# the heights less their rank times the gap). Given:
#
#     label_n, label_y[], label_text[], label_colour[]     one a curve: its last height, its name
#     label_lo, label_hi      the ends of the panel's y axis
#     label_gap               the height of a line of text on that axis
#
# A thin line leads from the curve's end to its name. Labels and arrows from 100 up are this file's;
# `unset label; unset arrow` between panels removes them.

array label_order[label_n + 1]
array pool_sum[label_n + 1]
array pool_size[label_n + 1]
do for [i = 1:label_n] {
    label_order[i] = i
    do for [j = i:2:-1] {
        if (label_y[label_order[j]] < label_y[label_order[j - 1]]) {
            label_swap = label_order[j]
            label_order[j] = label_order[j - 1]
            label_order[j - 1] = label_swap
        }
    }
}

label_clip(y) = y < label_lo ? label_lo : y > label_hi ? label_hi : y
pools = 0
do for [i = 1:label_n] {
    pools = pools + 1
    pool_sum[pools] = label_clip(label_y[label_order[i]]) - i * label_gap
    pool_size[pools] = 1
    while (pools > 1 && \
        pool_sum[pools] * pool_size[pools - 1] < pool_sum[pools - 1] * pool_size[pools]) {
        pool_sum[pools - 1] = pool_sum[pools - 1] + pool_sum[pools]
        pool_size[pools - 1] = pool_size[pools - 1] + pool_size[pools]
        pools = pools - 1
    }
}

i = 0
do for [k = 1:pools] {
    label_base = 1.0 * pool_sum[k] / pool_size[k]
    if (label_base > label_hi - label_n * label_gap) { label_base = label_hi - label_n * label_gap }
    if (label_base < label_lo - label_gap) { label_base = label_lo - label_gap }
    do for [m = 1:pool_size[k]] {
        i = i + 1
        label_i = label_order[i]
        label_at = label_base + i * label_gap
        set arrow 100 + i from graph 1.004, first label_clip(label_y[label_i]) \
            to graph label_x - 0.004, first label_at nohead lc rgb label_colour[label_i] lw 0.7
        set label 100 + i label_text[label_i] at graph label_x, first label_at left \
            textcolor rgb label_colour[label_i] font ",10.5"
    }
}
