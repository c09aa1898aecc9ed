# load here."curves.gp"
#
# One curve a name, from the rows of a table that are asked for. Given, as functions of no matter
# what, evaluated in a row:
#
#     curves_keep(x)      is it one of ours?
#     curves_name(x)      the curve it belongs to, without blanks: strcol("head")
#     curves_value(x)     its height: column("score")
#
#     curves_lo(x), curves_hi(x)      the ends of its interval; NaN unless defined otherwise
#
# A single epoch has no band: its intervals are bars,
#
#     for [i = 1:bars_n] $curves using (at($1)):(curves_of(i)):4:5 with yerrorbars pt -1
#
# and `curves_table`. The rows go to $curves as EPOCH NAME VALUE LO HI, so that a panel of many curves does
# not read a wide table for each. Sets `curves` (the names, in the table's order), `curves_n`,
# curves_end[] and curves_peak[] (last and highest value), `curves_low` and `curves_high` of all;
# adds to first_epoch and last_epoch. curves_n is 0 if there is no such row, and must be asked.
# Each is then drawn by
#
#     plot for [i = 1:curves_n] $curves using (at($1)):(curves_of(i)) with @curves_with

# What is left of another panel's axes would have `stats` pass over rows.
unset logscale
set autoscale
# Rows without a value are left out: a curve of none would be warned of. While nan is what a missing
# cell is called, gnuplot evaluates nothing of its row.
set datafile missing "?"
curves_wanted(x) = curves_keep(0) && curves_value(0) == curves_value(0)
curves_rows = 0
stats curves_table using (curves_wanted(0) ? (curves_rows = curves_rows + 1, 0) : 0) nooutput
if (curves_rows > 0) {
    set table $curves separator tab
    plot curves_table using (column("epoch")):(curves_name(0)):(curves_value(0)): \
        (sprintf("%g", curves_lo(0))):(sprintf("%g", curves_hi(0))) with table \
        if (curves_wanted(0))
    unset table
} else {
    set print $curves                   # gnuplot would warn of a plot of nothing
    unset print
}

curves = " "; curves_low = NaN; curves_high = NaN; curves_epochs = 0; curves_now = -1
curves_row(e, name, v) = (v != v ? 0 : ( \
    curves_low = curves_low <= v ? curves_low : v, curves_high = curves_high >= v ? curves_high : v), \
    at(e) != e || e == curves_now ? 0 : \
        (note_epoch(e), curves_now = e, curves_epochs = curves_epochs + 1), \
    strstrt(curves, " ".name." ") ? 0 : (curves = curves.name." ", 0))
if (curves_rows > 0) { stats $curves using (curves_row($1, trim(strcol(2)), $3)) nooutput }
curves_n = words(curves)
array curves_end[curves_n + 1]
array curves_peak[curves_n + 1]
do for [i = 1:curves_n] {
    curves_end[i] = NaN; curves_peak[i] = NaN
    stats $curves using (trim(strcol(2)) eq word(curves, i) && $3 == $3 ? (curves_end[i] = $3, \
        curves_peak[i] = curves_peak[i] >= $3 ? curves_peak[i] : $3, 0) : NaN) nooutput
}
set datafile missing NaN
curves_of(i) = trim(strcol(2)) eq word(curves, i) ? $3 : NaN
curves_with = curve_for(curves_epochs)
bars_n = curves_epochs == 1 ? curves_n : 0
if (bars_n > 0) {
    curves_bar(lo, hi) = (curves_low = lo < curves_low ? lo : curves_low, \
        curves_high = hi > curves_high ? hi : curves_high, 0)
    set datafile missing "?"
    stats $curves using (strcol(4) eq "nan" || strcol(5) eq "nan" ? 0 : curves_bar($4, $5)) nooutput
    set datafile missing NaN
}
