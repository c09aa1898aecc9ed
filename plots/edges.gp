# edges.gp
#
# The graph of the strongest edges at a few epochs: sources below their readers, queries, keys and values
# entering a head from below at its left, middle and right; the wider a line, the more the right
# token's logit changes when this reader alone sees another sequence's value of the source; dashed where
# it rises. One scale for all panels. Below, over all edges, how far attributions are from these
# effects. From induct-edges: columns epoch period source reader effect, and of its table
# --agreement epoch error error_lo error_hi error_ig error_ig_lo error_ig_hi.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch period source reader effect"
call here."columns.gp" table_agreement "epoch error error_lo error_hi error_ig error_ig_lo error_ig_hi"

# ---- The edges that are drawn: those of a fiftieth of the largest effect, and more. --------------------

largest = 0.0; epochs = ""; now = -1
seen(e, v) = (largest = abs(v) > largest ? abs(v) : largest, \
    e == now ? 0 : (now = e, epochs = epochs.sprintf("%d ", e)), 0)
stats in using (seen(column("epoch"), column("effect"))) nooutput
epochs_n = words(epochs)
is_drawn(v) = largest > 0 && abs(v) >= 0.02 * largest
edges_n = 0
stats in using (edges_n = edges_n + is_drawn(column("effect")), 0) nooutput
array edge_epoch[edges_n + 1]; array edge_source[edges_n + 1]
array edge_reader[edges_n + 1]; array edge_effect[edges_n + 1]
keep(e, s, r, v) = is_drawn(v) ? (n = n + 1, edge_epoch[n] = e, edge_source[n] = s, \
    edge_reader[n] = r, edge_effect[n] = v, 0) : 0
array edge_order[edges_n + 1]
n = 0
stats in using (keep(column("epoch"), strcol("source"), strcol("reader"), column("effect"))) nooutput

do for [i = 1:edges_n] {
    above = 0
    do for [j = 1:edges_n] {
        above = above + (abs(edge_effect[j]) < abs(edge_effect[i]) || (abs(edge_effect[j]) == abs(edge_effect[i]) && j < i))
    }
    edge_order[above + 1] = i
}

# ---- The page. ---------------------------------------------------------------------------------

note = sprintf("period %d · widest line: %.2g logits · dashed: its logit rises · bands: 95 %%", score_period, largest)
graph_height = 74 * (layers + 2)
height = 104 + graph_height + 204
load here."title.gp"

# Places of nodes: rows from the bottom, each a half step aside of the one below.
shift(row) = (row % 2 ? 0.25 : -0.25) / heads_n
node_x(row, h) = (h + 0.5) / heads_n + (heads_n > 1 ? shift(row) : 0)
head_of(s) = int(s[strstrt(s, "H") + 1:strlen(s)])
row_of(s) = s eq "token" || s eq "position" ? 0 : s eq "logits" ? layers + 1 : layer_of(s) + 1
x_of(s) = s eq "token" ? 0.3 : s eq "position" ? 0.7 : s eq "logits" ? 0.5 : node_x(row_of(s), head_of(s))
part_of(r) = r eq "logits" ? "" : r[strlen(r):strlen(r)]
body_of(r) = r eq "logits" ? r : r[1:strlen(r) - 2]
step_of(p) = p eq "Q" ? -1 : p eq "V" ? 1 : 0
colour_of(p) = p eq "Q" ? "#0072B2" : p eq "K" ? "#D55E00" : p eq "V" ? "#009E73" : "#444444"
node_wide = 0.62 / (heads_n > 3 ? heads_n : 3)
node_high = 0.14
# A line leaves upwards and arrives upwards.
bend(t) = t * t * (3 - 2 * t)
from_x(i) = x_of(edge_source[i])
to_x(i) = x_of(body_of(edge_reader[i])) + 0.3 * node_wide * step_of(part_of(edge_reader[i]))
from_y(i) = row_of(edge_source[i]) + node_high
to_y(i) = row_of(edge_reader[i] eq "logits" ? "logits" : body_of(edge_reader[i])) - node_high
line_x(i, t) = from_x(i) + (to_x(i) - from_x(i)) * bend(t)
line_y(i, t) = from_y(i) + (to_y(i) - from_y(i)) * t
line_width(i) = 0.35 + 5.0 * abs(edge_effect[i]) / largest

gap = 26.0
graph_left = left + 14
wide = (width - graph_left - 30 - gap * (epochs_n - 1)) / epochs_n
do for [nth = 1:epochs_n] {
    from = graph_left + (wide + gap) * (nth - 1)
    call here."panel.gp" "112" sprintf("%d", 104 + graph_height) \
        sprintf("epoch %s", commas(int(word(epochs, nth)))) sprintf("%.1f", from) sprintf("%.1f", from + wide)
    unset xtics; unset ytics; unset border; unset grid; unset xlabel
    unset logscale
    set xrange [0:1]; set yrange [-0.35:layers + 1.35]
    label_n = 0
    names = "logits ".embedded
    do for [l = 0:layers - 1] { do for [h = 0:heads_n - 1] { names = names.sprintf(" L%dH%d", l, h) } }
    do for [i = 1:words(names)] {
        name = word(names, i)
        half = row_of(name) > 0 && row_of(name) <= layers ? 0.5 * node_wide : 0.13
        set object i rectangle center first x_of(name), first row_of(name) \
            size first 2 * half, first 2 * node_high front fillcolor rgb "#FFFFFF" fillstyle solid 1.0 \
            border lc rgb "#8A8A8A" lw 0.7
        says = half == 0.13 || wide * node_wide > 34 ? name : sprintf("%d", head_of(name))
        set label 200 + i says \
            at first x_of(name), first row_of(name) center front textcolor rgb ink \
            font sprintf(",%.1f", wide * node_wide > 34 || half == 0.13 ? 8.5 : 7.0)
    }
    if (nth == 1) {
        do for [l = 0:layers - 1] {
            set label 150 + l sprintf("layer %d", l) at screen across(left - 40), first l + 1 left \
                textcolor rgb faint font ",9.5"
        }
        do for [k = 1:4] {
            set label 180 + k word("queries keys values logits", k) at screen across(graph_left + word("0 66 114 168", k)), \
                screen down(78) left textcolor rgb colour_of(word("Q K V -", k)) font strong.",10.5"
        }
    }
    mine(i) = edge_epoch[i] == int(word(epochs, nth))
    # A block of points an edge, the weak first, so that the strong lie above them.
    set print $lines
    do for [k = 1:edges_n] { if (mine(edge_order[k])) {
        do for [j = 0:24] { print sprintf("%g\t%g", line_x(edge_order[k], j / 24.0), line_y(edge_order[k], j / 24.0)) }
        print ""; print ""
    } }
    unset print
    array shown[edges_n + 1]; array dash[edges_n + 1]; shown_n = 0
    do for [k = 1:edges_n] { if (mine(edge_order[k])) {
        shown_n = shown_n + 1
        shown[shown_n] = edge_order[k]
        dash[shown_n] = edge_effect[edge_order[k]] > 0 ? 2 : 1
    } }
    if (shown_n > 0) {
        plot for [k = 1:shown_n] $lines index (k - 1) using 1:2 with lines \
            lc rgb tint(colour_of(part_of(edge_reader[shown[k]])), 0.4 * (1 - abs(edge_effect[shown[k]]) / largest)) \
            lw line_width(shown[k]) dt dash[k]
    } else { plot -9 notitle }
    load here."next.gp"
    set border 3 lc rgb "#8A8A8A" lw 0.8
    set grid xtics ytics lt 1 lc rgb hair lw 0.8, lt 1 lc rgb hair lw 0.8
}

# ---- How far attributions are off. -------------------------------------------------------------

stats table_agreement using (note_epoch(column("epoch"))) nooutput
agreement_with = curve_for(epochs_seen)
top = 136 + graph_height
call here."panel.gp" sprintf("%d", top) sprintf("%d", top + 124) \
    "attributions: what they are off, summed over all edges, over the sum of all effects"
call here."epochs.gp" first_epoch last_epoch
load here."changed.gp"
ends = 0.0
array label_y[2]; array label_text[2]; array label_colour[2]
label_n = 0
ways = "error error_ig"
array way_end[2]; highest = 0.0
way_row(w, v) = (way_end[w] = v, highest = v > highest ? v : highest, 0)
# Where no edge has an effect there is nothing to be off, and all is nan: that is no missing cell here.
set datafile missing "?"
do for [w = 1:2] {
    way_end[w] = NaN
    stats table_agreement using (strcol(word(ways, w)) eq "nan" ? 0 : way_row(w, column(word(ways, w)))) \
        nooutput
    if (way_end[w] == way_end[w]) {
        label_n = label_n + 1
        label_y[label_n] = way_end[w]
        label_text[label_n] = word("gradient integrated", w)."  ".share(way_end[w])
        label_colour[label_n] = word("#CC79A7 #0072B2", w)
    }
}
set datafile missing NaN
way_from = way_end[1] == way_end[1] ? 1 : 2; way_to = way_end[2] == way_end[2] ? 2 : 1
if (label_n == 0) {
    set label 30 "no edge has an effect: there is nothing to compare" at graph 0.5, graph 0.5 center \
        textcolor rgb faint font ",10.5"
}
label_lo = 0; label_hi = highest > 0.9 ? (highest < 3 ? 1.1 * highest : 3) : 1
label_gap = 15.0 / panel_height * label_hi
set yrange [0:label_hi]
set ytics nomirror autofreq format "%g"
load here."labels.gp"
# An empty range of w would still be read once, and warned of.
if (label_n == 0) { plot 1 with lines lc rgb faint lw 0.8 dt 2 } else {
    plot 1 with lines lc rgb faint lw 0.8 dt 2, \
        for [w = way_from:way_to] table_agreement using (at(column("epoch"))): \
            word(ways, w)."_lo":word(ways, w)."_hi" with filledcurves \
            fillcolor rgb word("#CC79A7 #0072B2", w) fillstyle transparent solid 0.18 noborder, \
        for [w = way_from:way_to] table_agreement using (at(column("epoch"))):word(ways, w) \
            with @agreement_with lc rgb word("#CC79A7 #0072B2", w) lw 1.6
}
load here."next.gp"
unset multiplot
unset output
