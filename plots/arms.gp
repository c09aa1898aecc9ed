# arms.gp
#
# Arms side by side: on the left every seed as a dot, and the mean with its 95 % interval; on the right, paired by
# seed, the difference from the arm `against`. From induct-seeds: table_values_each (columns arm seed column
# of value), table_values (arm column of mean mean_lo mean_hi) and, if there is one, table_pairs (arm column
# of difference difference_lo difference_hi p_holm p_joint) and table_pairs_each (as
# the first). A block of rows is a quantity. A seed
# keeps its height in its row in all arms. Given besides: quantities, "COLUMN OF ..."; arms; seeds; against.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" table_values_each "arm seed column of value"
paired = strlen(table_pairs) > 0
if (paired) { call here."columns.gp" table_pairs "arm column of difference difference_lo difference_hi p_holm p_joint" }
call here."columns.gp" table_values "arm column of mean mean_lo mean_hi"

quantities_n = words(quantities) / 2
arms_n = words(arms)
seeds_n = words(seeds)
note = "dots: seeds · bars: mean and its 95 % interval".(paired ? " · right: paired by seed; p over all rows" : "")
row_high = 34
block = 46 + arms_n * row_high + 34
height = 72 + quantities_n * block
load here."title.gp"

place(a) = int(sum [k = 1:arms_n] (word(arms, k) eq a ? k : 0))
seed_place(s) = int(sum [k = 1:seeds_n] (word(seeds, k) eq s ? k : 0))
# A row is 1 high; its dots lie in the .6 of it above the mean.
spread(s) = seeds_n > 1 ? 0.30 - 0.60 * (seed_place(s) - 1.0) / (seeds_n - 1) : 0
hue(a) = a eq against ? "#444444" : colour(1)
left = 128
middle = 480
end = 730
p_at = 752                               # of the columns of p
p_wide = 62

do for [q = 1:quantities_n] {
    quantity = word(quantities, 2 * q - 1); group = word(quantities, 2 * q)
    title = group eq "-" ? quantity : quantity." ".group
    ours(a) = strcol("arm") eq a && strcol("column") eq quantity && strcol("of") eq group
    this(x) = strcol("column") eq quantity && strcol("of") eq group
    top = 92 + (q - 1) * block
    set autoscale                       # what is left of other axes would have stats pass over rows
    low = NaN; high = NaN
    extent(v) = v != v ? 0 : (low = low <= v ? low : v, high = high >= v ? high : v, 0)
    stats table_values_each using (this(0) ? extent(column("value")) : NaN) nooutput
    stats table_values using (this(0) ? (extent(column("mean_lo")), extent(column("mean_hi"))) : NaN) nooutput
    control = NaN
    if (strlen(against)) { stats table_values using (ours(against) ? (control = column("mean"), 0) : NaN) nooutput }
    shares = low >= 0 && high <= 1 && high - low > 0.15
    margin = high > low ? 0.06 * (high - low) : 0.5

    call here."panel.gp" sprintf("%d", top) sprintf("%d", top + arms_n * row_high) title \
        sprintf("%d", left) sprintf("%d", paired ? middle : end)
    if (shares) { set xrange [0:1] } else { set xrange [low - margin:high + margin] }
    set yrange [arms_n + 0.5:0.5]
    set xtics nomirror autofreq format "%.4g"
    unset xlabel
    set ytics nomirror out scale 0 textcolor rgb ink font ",10.5"
    set ytics ()
    do for [k = 1:arms_n] { set ytics add (word(arms, k) k) }
    unset grid; set grid xtics lt 1 lc rgb hair lw 0.8
    set grid back
    if (control == control) {
        set arrow 60 from first control, graph 0 to first control, graph 1 nohead lc rgb "#444444" lw 0.9 dt 3
    }
    plot for [k = 1:arms_n] table_values_each using (ours(word(arms, k)) ? column("value") : NaN): \
            (k - spread(strcol("seed"))) with points pt 7 ps 0.9 lc rgb tint(hue(word(arms, k)), 0.45), \
        for [k = 1:arms_n] table_values using (ours(word(arms, k)) ? column("mean") : NaN):(k): \
            (column("mean_lo")):(column("mean_hi")) with xerrorbars pt 7 ps 1.3 lw 2.2 lc rgb hue(word(arms, k))
    load here."next.gp"
    if (paired) {
        set autoscale
        low = 0; high = 0
        stats table_pairs_each using (this(0) ? extent(column("value")) : NaN) nooutput
        stats table_pairs using (this(0) ? (extent(column("difference_lo")), extent(column("difference_hi")), \
            extent(column("difference"))) : NaN) nooutput
        margin = high > low ? 0.1 * (high - low) : 0.5
        array p_holm[arms_n]; array p_joint[arms_n]; array tested[arms_n]
        pairs_row(k) = (tested[k] = 1, p_holm[k] = column("p_holm"), p_joint[k] = column("p_joint"), 0)
        do for [k = 1:arms_n] {
            p_holm[k] = NaN; p_joint[k] = NaN; tested[k] = 0
            if (word(arms, k) ne against) {
                stats table_pairs using (ours(word(arms, k)) ? pairs_row(k) : NaN) nooutput
            }
        }
        call here."panel.gp" sprintf("%d", top) sprintf("%d", top + arms_n * row_high) \
            "difference from ".against sprintf("%d", middle + 24) sprintf("%d", end)
        set xrange [low - margin:high + margin]
        set yrange [arms_n + 0.5:0.5]
        step = round_step((high > low ? high - low : 1.0) / 3.0)
        set xtics nomirror step format "%.4g"
        unset ytics
        set arrow 60 from first 0, graph 0 to first 0, graph 1 nohead lc rgb "#444444" lw 0.9
        do for [k = 1:arms_n] {
            if (tested[k]) {
                set label 100 + k sprintf("%.2g", p_holm[k]) at screen across(p_at), first k left \
                    textcolor rgb ink font ",10"
                set label 200 + k sprintf("%.2g", p_joint[k]) at screen across(p_at + p_wide), first k left \
                    textcolor rgb ink font ",10"
            }
        }
        set label 300 "p (Holm)" at screen across(p_at), screen down(top - 12) left textcolor rgb faint font ",9.5"
        set label 301 "p (joint)" at screen across(p_at + p_wide), screen down(top - 12) left textcolor rgb faint font ",9.5"
        tested_arms = ""
        do for [k = 1:arms_n] { if (tested[k]) { tested_arms = tested_arms." ".k } }
        plot for [k in tested_arms] table_pairs_each using \
            (ours(word(arms, int(k))) ? column("value") : NaN):(int(k) - spread(strcol("seed"))) \
            with points pt 7 ps 0.9 lc rgb tint(colour(1), 0.45), \
        for [k in tested_arms] table_pairs using (ours(word(arms, int(k))) ? column("difference") : NaN):(int(k)): \
            (column("difference_lo")):(column("difference_hi")) with xerrorbars pt 7 ps 1.3 lw 2.2 lc rgb colour(1)
        load here."next.gp"
    }
}
unset multiplot
unset output
