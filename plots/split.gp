# split.gp
#
# Attention scores as content and position, by offset, at a few epochs (a column each): above the
# four terms of the head with the largest positional bump, below the position term of all heads.
# Trained offsets, where the induction target lies, are shaded. From induct-split: columns epoch
# head offset cc cp pc pp pairs.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch head offset cc cp pc pp pairs"

epochs = " "; heads = " "; longest = 0
split_row(e, h, o) = ( \
    strstrt(epochs, sprintf(" %d ", e)) ? 0 : (epochs = epochs.sprintf("%d ", e)), \
    strstrt(heads, " ".h." ") ? 0 : (heads = heads.h." "), longest = o > longest ? o : longest, 0)
stats in using (split_row(column("epoch"), strcol("head"), column("offset"))) nooutput
# The rarest offsets rest on a few pairs at the context's very end.
longest = longest > 20 ? int(0.9 * longest) : longest
count = words(epochs)
end = int(word(epochs, count))

best = split_head
note = "c: content, p: position, of query and key"
height = 568
load here."title.gp"

terms = "cc cp pc pp"
array term_colour[4]
term_colour[1] = "#009E73"; term_colour[2] = "#8C8C8C"; term_colour[3] = "#56B4E9"
term_colour[4] = "#D55E00"
# A value at the last offset drawn, and the extremes of all, at one epoch or all.
column_gap = 16
column_width = (width - left - 96 - (count - 1) * column_gap) / count
do for [row = 1:2] {
    label_lo = 0; label_hi = 0
    span(v) = (label_lo = v < label_lo ? v : label_lo, label_hi = v > label_hi ? v : label_hi, 0)
    curves_n = row == 1 ? 4 : words(heads)
    shown(i) = row == 1 ? strcol("head") eq best : strcol("head") eq word(heads, i)
    term(i) = row == 1 ? word(terms, i) : "pp"
    array label_y[curves_n + 1]; array label_text[curves_n + 1]; array label_colour[curves_n + 1]
    do for [i = 1:curves_n] {
        label_text[i] = row == 1 ? word(terms, i) : word(heads, i)
        label_colour[i] = row == 1 ? term_colour[i] : i > palette_size ? idle : colour(i)
        label_y[i] = NaN
        unset xrange; unset yrange; set autoscale
        stats in using (shown(i) && column("offset") <= longest ? (span(column(term(i))), \
            column("epoch") == end && column("offset") == longest ? \
            label_y[i] = column(term(i)) : 0, 0) : NaN) nooutput
    }
    if (label_hi <= label_lo) { label_hi = 1 } # nothing but 0: a term that was forbidden
    do for [k = 1:count] {
        panel_at = left + (k - 1) * (column_width + column_gap)
        now = int(word(epochs, k))
        call here."panel.gp" (row == 1 ? "120" : "350") (row == 1 ? "286" : "520") \
            "" \
            sprintf("%d", panel_at) sprintf("%d", panel_at + column_width)
        if (k == 1) {
            set label 20 row == 1 ? "terms of the scores of ".best : "position term pp of each head" \
                at graph 0, screen down(row == 1 ? 84 : 336) left font strong.",11" textcolor rgb ink
        }
        if (row == 1) {
            set label 21 "epoch ".commas(now) at graph 0.5, screen down(108) center \
                textcolor rgb faint font ",10"
        }
        set xrange [0:longest]
        split_step = round_step(70.0 * longest / column_width)
        set xtics nomirror autofreq split_step < 1 ? 1 : split_step
        if (row == 2) {
            set xlabel "offset, tokens" font ",10.5" textcolor rgb faint offset 0,0.3
        } else { unset xlabel }
        set yrange [label_lo:label_hi * 1.05]
        set ytics nomirror autofreq format (k == 1 ? "%g" : "")
        label_n = k == count ? (curves_n > palette_size ? palette_size : curves_n) : 0
        label_gap = 14.0 / panel_height * (label_hi * 1.05 - label_lo)
        load here."labels.gp"
        if (task_known) {
            set object 1 rectangle from first period_lo - 1.5, graph 0 \
                to first period_hi - 0.5, graph 1 behind fillcolor rgb shade fillstyle solid noborder
        }
        plot 0 with lines lc rgb faint lw 0.8 dt 2, \
            for [i = 1:curves_n] in using "offset": \
                (shown(i) && column("epoch") == now ? column(term(i)) : NaN) with lines \
                lc rgb label_colour[i] lw 1.6
        load here."next.gp"
    }
}
unset multiplot
unset output
