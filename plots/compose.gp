# compose.gp
#
# Composition of every pair of heads against epoch, a panel for each of K, Q and V, from
# induct-compose's table: columns epoch writer reader kind score chance z excess. Curves have their
# writer's colour, readers are not told apart; named is each writer's strongest pair. Grey: where a
# head turned at random would be 19 times of 20. Of very many pairs those that end highest are drawn: from
# shown_k, shown_q, shown_v on, where `pairs` is not 0.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch writer reader kind score chance z excess"
curves_table = in
curves_name(x) = strcol("writer")."→".strcol("reader")
curves_value(x) = column("score")
writer_of(pair) = pair[1:strstrt(pair, "→") - 1]

kinds = "k q v"
pairs_n = pairs + 0
chance = NaN
stats in using (chance = column("chance"), 0) every ::0::0 nooutput
stats in using (note_epoch(column("epoch"))) nooutput
# Blocks read @curves_with before they run.
curves_with = curve_for(epochs_seen)
note = sprintf("dashed: chance %.3g; grey: 95 %% of random turns of one head", chance) \
    .(pairs_n > 0 ? sprintf(" · the highest of %d pairs", pairs_n) : "")
height = 636
load here."title.gp"

panel_name(k) = k == 1 ? "K-composition: what the writer moves, the reader looks for as key" \
    : k == 2 ? "Q-composition: as query" : "V-composition: as value"
do for [k = 1:3] {
    kind = word(kinds, k)
    shown_from = value("shown_".kind) + 0; shown = " "
    shown_row(name) = strstrt(shown, " ".name." ") ? 0 : (shown = shown.name." ", 0)
    set autoscale                            # what is left of other axes would have stats pass over rows
    if (pairs_n > 0) {
        stats in using (strcol("kind") eq kind && column("epoch") == last_epoch && \
            column("score") >= shown_from ? shown_row(curves_name(0)) : 0) nooutput
    }
    curves_keep(x) = strcol("kind") eq kind && (pairs_n == 0 || strstrt(shown, " ".curves_name(0)." "))
    load here."curves.gp"
    # The band is of the pair with the widest, at each epoch; sd = excess / z.
    array band_epoch[curves_epochs]; array band_sd[curves_epochs]
    band_n = 0; band_at = -1
    band_row(e, sd) = (e == band_at ? 0 : (band_at = e, band_n = band_n + 1, \
        band_epoch[band_n] = e, band_sd[band_n] = 0), \
        sd > band_sd[band_n] ? band_sd[band_n] = sd : 0, 0)
    stats in using (strcol("kind") eq kind && at(column("epoch")) == column("epoch") ? \
        band_row(column("epoch"), abs(column("excess") / column("z"))) : NaN) nooutput
    edge(sd, side) = (edge_square = chance ** 2 + side * 1.96 * sd, \
        edge_square > 0 ? sqrt(edge_square) : 0)
    set print $band
    do for [i = 1:band_n] {
        print sprintf("%d\t%g\t%g", band_epoch[i], edge(band_sd[i], -1), edge(band_sd[i], 1))
    }
    unset print

    label_hi = ceil(21 * curves_high) / 20.0
    label_lo = 0
    if (k == 1) {
        call here."panel.gp" "92" "352" panel_name(k) "62" "760"
    } else {
        call here."panel.gp" "406" "586" panel_name(k) (k == 2 ? "62" : "504") \
            (k == 2 ? "366" : "808")
    }
    call here."epochs.gp" first_epoch last_epoch
    if (k == 1) { unset xlabel }
    label_gap = 15.0 / panel_height * (label_hi - label_lo)
    set yrange [label_lo:label_hi]
    set ytics nomirror 0,round_step(label_hi / 4.0) format "%g"

    # Of each writer the pair that ends highest; of more writers than colours, the highest.
    writers = " "
    do for [pair in curves] {
        w = writer_of(pair)
        writers = strstrt(writers, " ".w." ") ? writers : writers.w." "
    }
    array writer_pair[words(writers)]; array writer_colour[words(writers)]
    do for [j = 1:words(writers)] {
        writer_pair[j] = 0
        do for [i = 1:curves_n] {
            if (writer_of(word(curves, i)) eq word(writers, j) && (writer_pair[j] == 0 || \
                curves_end[i] > curves_end[writer_pair[j]])) { writer_pair[j] = i }
        }
    }
    label_n = 0
    array label_y[palette_size]; array label_text[palette_size]; array label_colour[palette_size]
    do for [j = 1:words(writers)] {
        above = 0
        do for [l = 1:words(writers)] {
            above = above + (curves_end[writer_pair[l]] > curves_end[writer_pair[j]])
        }
        writer_colour[j] = idle
        if (above < palette_size && label_n < palette_size) {
            writer_colour[j] = words(writers) > palette_size ? colour(above + 1) : colour(j)
            label_n = label_n + 1
            label_y[label_n] = curves_end[writer_pair[j]]
            label_text[label_n] = k == 1 ? \
                word(curves, writer_pair[j])." ".share(label_y[label_n]) \
                : word(curves, writer_pair[j])
            label_colour[label_n] = writer_colour[j]
        }
    }
    place_of(w) = sum [j = 1:words(writers)] (word(writers, j) eq w ? j : 0)
    load here."labels.gp"
    plot $band using (at($1)):2:3 with filledcurves lc rgb "#ECECEC", \
        chance with lines lc rgb faint lw 0.8 dt 2, \
        for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with \
            lc rgb writer_colour[place_of(writer_of(word(curves, i)))] \
            lw (i == writer_pair[place_of(writer_of(word(curves, i)))] ? 1.8 : 0.7)
    load here."next.gp"
}
unset multiplot
unset output
