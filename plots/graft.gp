# graft.gp
#
# What a head's earlier weights rescue in later checkpoints, a heat map a period: donors upwards,
# targets to the right, in each cell the change of accuracy in hundredths. From induct-graft with
# ranges: columns epoch_from epoch_into what kind period rescue. Of placebos nothing is drawn.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" in "epoch_from epoch_into what kind period rescue"

froms = " "; intos = " "; periods = " "; what = ""; top = 0.01
graft_row(f, t, p, v, name) = (what = name, \
    strstrt(froms, sprintf(" %d ", f)) ? 0 : (froms = froms.sprintf("%d ", f)), \
    strstrt(intos, sprintf(" %d ", t)) ? 0 : (intos = intos.sprintf("%d ", t)), \
    strstrt(periods, sprintf(" %d ", p)) ? 0 : (periods = periods.sprintf("%d ", p)), \
    top = abs(v) > top ? abs(v) : top, 0)
stats in using (strcol("kind") eq "graft" ? graft_row(column("epoch_from"), column("epoch_into"), \
    column("period"), column("rescue"), strcol("what")) : 0) nooutput
if (what eq "") {
    print "plots: ".in.": no graft"
    exit status 1
}
periods_n = words(periods); from_n = words(froms); into_n = words(intos)
place(list, e) = sum [i = 1:words(list)] (int(word(list, i)) == e ? i : 0)

note = "change of accuracy in hundredths; blue: rescued, orange: harmed"
side = 336
rows_n = (periods_n + 1) / 2
height = 86 + rows_n * (side + 74)
load here."title.gp"

# Colours grow with the root of a change, so that small ones are seen as well.
blue(t) = rgb(mix(255, 0x00, t), mix(255, 0x72, t), mix(255, 0xB2, t))
orange(t) = rgb(mix(255, 0xD5, t), mix(255, 0x5E, t), mix(255, 0x00, t))
cell(v) = (t = sqrt(abs(v) / top), int("0x".((v >= 0 ? blue(t) : orange(t))[2:7])))
thousands(e) = e < 1000 ? sprintf("%d", e) : sprintf("%.3gk", e / 1000.0)
drawn(p) = strcol("kind") eq "graft" && column("period") == p
do for [i = 1:periods_n] {
    p_i = int(word(periods, i))
    row = (i - 1) / 2
    panel_at = i % 2 == 1 ? left + 20 : 506
    call here."panel.gp" sprintf("%d", 104 + row * (side + 74)) \
        sprintf("%d", 104 + row * (side + 74) + side) sprintf("rescue at period %d%s", p_i, \
        is_trained(p_i) ? ", trained" : "") \
        sprintf("%d", panel_at) sprintf("%d", panel_at + side + 38)
    unset logscale
    unset grid
    set xrange [0.5:into_n + 0.5]
    set yrange [0.5:from_n + 0.5]
    set xtics nomirror ()
    set ytics nomirror ()
    do for [j = 1:into_n] { if (into_n <= 14 || j % 4 == 1) {
        set xtics add (thousands(int(word(intos, j))) j) } }
    do for [j = 1:from_n] { if (from_n <= 14 || j % 4 == 1) {
        set ytics add (thousands(int(word(froms, j))) j) } }
    set xlabel "into the model of epoch" font ",10.5" textcolor rgb faint offset 0,0.3
    if (i % 2 == 1) {
        set ylabel "head of epoch" font ",10.5" textcolor rgb faint offset 0.4,0
    } else { unset ylabel }
    plot in using (drawn(p_i) ? place(intos, column("epoch_into")) : NaN): \
            (place(froms, column("epoch_from"))):(place(intos, column("epoch_into")) - 0.5): \
            (place(intos, column("epoch_into")) + 0.5): \
            (place(froms, column("epoch_from")) - 0.5): \
            (place(froms, column("epoch_from")) + 0.5):(cell(column("rescue"))) \
            with boxxyerror fillstyle solid noborder fc rgb variable, \
        in using (drawn(p_i) && into_n <= 14 && from_n <= 14 ? \
            place(intos, column("epoch_into")) : NaN):(place(froms, column("epoch_from"))): \
            (column("epoch_into") == column("epoch_from") ? "·" \
                : sprintf("%d", floor(100 * column("rescue") + 0.5))) \
            with labels font ",8.5" textcolor rgb ink
    load here."next.gp"
}
unset multiplot
unset output
