# call here."onsets.gp" TABLE EVENT SHAPE NUMBER
#
# Marks events in a panel, after labels.gp: for each of its names whose curve onset_key(i) tells, one at the
# epoch that the TABLE of induct-onset has for EVENT, in rows along the panel's top, with its interval.
# SHAPE is up or down, for rises and falls: first up, for a fall that comes before the rise is left out. Events that have not happened, or not for sure, have no mark.
# Labels and arrows from NUMBER up are this file's. An empty TABLE marks nothing.

onset_table = ARG1; onset_event = ARG2; onset_down = ARG3 eq "down"; onset_first = ARG4 + 0
onset_number(text) = text eq "nan" ? -1 : text + 0
onset_take(i) = (strcol("of").strcol("column")) eq onset_key(i) && strcol("event") eq onset_event \
    && strcol("status") eq "seen" ? (onset_at = onset_number(strcol("epoch")), \
        onset_lo = onset_number(strcol("epoch_lo")), onset_hi = onset_number(strcol("epoch_hi")), 0) : 0
if (!onset_down) { array onset_rise[label_n + 1] }
set datafile missing "?"
do for [i = 1:strlen(onset_table) ? label_n : 0] {
    onset_at = -1; onset_lo = -1; onset_hi = -1
    stats onset_table using (onset_take(i)) nooutput
    if (!onset_down) { onset_rise[i] = onset_at }
    onset_row = 0.965 - 0.058 * (i - 1)
    onset_from = onset_lo < epochs_first ? epochs_first : onset_lo
    onset_to = onset_hi > epochs_last ? epochs_last : onset_hi
    if (onset_at >= epochs_first && onset_at <= epochs_last && onset_at >= onset_rise[i]) {
        set label onset_first + i "" at first onset_at, graph onset_row front \
            point pt (onset_down ? 11 : 9) ps 1.3 lc rgb label_colour[i]
        if (onset_lo >= 0 && onset_from < onset_to) {
            set arrow onset_first + i from first onset_from, graph onset_row to first onset_to, graph onset_row \
                nohead front lc rgb label_colour[i] lw 1.0
        }
    }
}
set datafile missing NaN
