# spectrum.gp
#
# Singular values of every head's QK and OV against epoch as heat maps, the largest at the bottom,
# one scale of colours for QK and one for OV; the orange line is the effective rank, which stands in
# the lowest panels once more, for all heads beside each other. From induct-svd's table: columns
# epoch head matrix s_1 .. s_k effective_rank. Of more than 16 heads the 16 with the largest values.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch head matrix s_1 effective_rank"
ranks = 1
while (has_column(sprintf("s_%d", ranks + 1))) { ranks = ranks + 1 }

curves_table = in
curves_name(x) = strcol("head")
matrices = "qk ov"; matrix_names = "QK OV"
named_most = 12
named_value(v) = ""
matrices_n = 0; box_was = 0; box_from = 0; box_to = 0
array top_value[2]
most_heads = 16

# ---- The heads, by the largest singular value of either matrix. --------------------------------

heads = ""
do for [which = 1:2] {
    curves_keep(x) = strcol("matrix") eq word(matrices, which)
    curves_value(x) = column("s_1")
    load here."curves.gp"
    top_value[which] = curves_high
    do for [i = 1:curves_n] {
        above = 0
        do for [j = 1:curves_n] { above = above + (curves_peak[j] > curves_peak[i]) }
        if (above < most_heads && words(heads) < most_heads && \
            !strstrt(heads." ", " ".word(curves, i)." ")) { heads = heads." ".word(curves, i) }
    }
}
head_count = words(heads)
if (last_epoch < 0) {
    print "plots: ".in.": no row for this axis of epochs"
    exit status 1
}

note = "up: 1st to last singular value · orange: effective rank"
curves_value(x) = column("effective_rank")
across_n = head_count < 4 ? head_count : 4
deep_n = (head_count + across_n - 1) / across_n
# The maps begin at 96; a row of maps of both matrices is 204 high.
maps_bottom = 96 + deep_n * 204
height = maps_bottom + 256
load here."title.gp"

# Colours from the map's bottom to its top: near white to deep blue, steps that are told apart.
levels = 24
light(t) = rgb(mix(0xF4, 0x7F, t), mix(0xF7, 0xB3, t), mix(0xFA, 0xD9, t))
dark(t) = rgb(mix(0x7F, 0x0A, t), mix(0xB3, 0x2E, t), mix(0xD9, 0x5C, t))
level_colour(l) = l < levels / 2 ? light(2.0 * l / levels) : dark(2.0 * l / levels - 1)
array level_rgb[levels + 1]
do for [l = 0:levels] { level_rgb[l + 1] = int("0x".(level_colour(l))[2:7]) }

# The scale of colours, at the right of the foot.
key_tops = (top_value[1] > 0 ? sprintf("QK %.3g", top_value[1]) : "") \
    .(top_value[2] > 0 ? sprintf(", OV %.3g", top_value[2]) : "")
key_left = width - 40 - 102 - 96
do for [l = 0:levels] {
    set object 200 + l rectangle from screen across(key_left + 4.0 * l), screen down(height - 4) \
        to screen across(key_left + 4.0 * l + 4.5), screen down(height - 15) \
        fillcolor rgb level_rgb[l + 1] fillstyle solid noborder
}
set label 3 "singular value 0" at screen across(key_left - 6), screen down(height - 9) right font ",10" textcolor rgb faint
set label 4 key_tops at screen across(key_left + 106), screen down(height - 9) left font ",10" \
    textcolor rgb faint

# Of one singular value's row of cells, those of a colour are one box, drawn when it ends: between
# the middles of the epochs beside it.
box_start(e) = (box_lo = e, box_level = -1, box_last = e, box_was = 0, 0)
box_row(e, v) = (level = int(levels * sqrt(v / scale) + 0.5), \
    edge = 0.5 * (box_last + e), box_last = e, \
    level == box_level && e != last_epoch ? NaN : box_level < 0 && e != last_epoch ? \
        (box_level = level, NaN) : \
        (box_from = box_lo, box_to = e == last_epoch ? e : edge, box_lo = edge, \
            box_was = box_level < 0 ? level : box_level, box_level = level, box_from))

values(x) = (values_text = sprintf("%g", column("effective_rank")), \
    (sum [j = 1:ranks] (values_text = values_text.sprintf("\t%g", column(sprintf("s_%d", j))), 0)), \
    values_text)
# A single epoch's boxes are as wide as the axis that epochs.gp gives it.
box_single(e, v) = (level = int(levels * sqrt(v / scale) + 0.5), box_was = level, \
    box_from = logx ? 0.5 * e : e - 0.5, box_to = logx ? 2 * e : e + 0.5, box_from)
single = first_epoch == last_epoch
# A box begins a hair before its end of the one before, or paper would show between.
box_over(e) = single || e == first_epoch ? e : logx ? e * 0.995 : e - 0.002 * (last_epoch - first_epoch)
rank_with = single ? "points pt 7 ps 0.7" : "lines"
gap = 14
map_width = (width - 40 - left - (across_n - 1) * gap) / across_n
do for [h = 1:head_count] {
    do for [which = 1:2] {
        place = (h - 1) % across_n
        map_left = left + place * (map_width + gap)
        map_top = 96 + ((h - 1) / across_n) * 204 + (which - 1) * 98
        is_map(x) = strcol("matrix") eq word(matrices, which) && strcol("head") eq word(heads, h)
        set table $map separator tab
        plot in using (column("epoch")):(is_map(0) ? values(0) : "") with table if (is_map(0))
        unset table
        if (|$map| > 0) {
            call here."panel.gp" sprintf("%d", map_top) sprintf("%d", map_top + 70) \
                word(heads, h)." ".word(matrix_names, which) sprintf("%d", map_left) \
                sprintf("%d", map_left + map_width)
            # Under the last row of maps there are epochs.
            if (which == 2 && h + across_n > head_count) {
                call here."epochs.gp" first_epoch last_epoch
                unset xlabel
            } else { call here."epochs.gp" first_epoch last_epoch bare }
            unset grid
            set yrange [0.5:ranks + 0.5]
            set ytics nomirror out scale 0.5 (1, ranks)
            if (place > 0) { set ytics format "" } else { set ytics format "%g" }
            scale = top_value[which]
            plot for [j = 1:ranks] $map \
                    using (at($1) != $1 ? NaN : single ? box_single($1, column(j + 2)) : \
                    (($1 == first_epoch ? box_start($1) : 0), box_row($1, column(j + 2)))):(j): \
                    (box_over(box_from)):(box_to):(j - 0.52):(j + 0.5):(level_rgb[box_was + 1]) \
                    with boxxyerror fillstyle solid noborder fc rgb variable, \
                $map using (at($1)):2 with @rank_with lc rgb "#E06C00" lw 1.4
            load here."next.gp"
        }
    }
}

# ---- Effective ranks beside each other. --------------------------------------------------------

do for [which = 1:2] {
    curves_keep(x) = strcol("matrix") eq word(matrices, which) \
        && strstrt(heads." ", " ".strcol("head")." ") > 0
    load here."curves.gp"
    if (curves_n > 0) {
        call here."panel.gp" sprintf("%d", maps_bottom + 22) sprintf("%d", maps_bottom + 202) \
            "effective rank of ".word(matrix_names, which) (which == 1 ? "62" : "504") \
            (which == 1 ? "386" : "828")
        call here."epochs.gp" first_epoch last_epoch
        load here."heads_named.gp"
        label_lo = 1; label_hi = ranks > 1 ? ranks : 2     # of d_head 1 all ranks are 1
        label_gap = 14.0 / panel_height * (label_hi - 1)
        set yrange [1:label_hi]
        set ytics nomirror autofreq format "%g"
        set grid
        load here."labels.gp"
        plot for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
            lc rgb curves_colour[i] lw 1.5
        load here."next.gp"
    }
}
unset multiplot
unset output
