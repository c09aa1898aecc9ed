# call here."epochs.gp" FIRST LAST [bare]
#
# The axis of epochs, linear or (xscale "log") logarithmic, ticks as "20,000"; `bare` leaves tick
# labels and the axis's name away, for panels that share the axis of the one below.

epochs_last = ARG2 + 0
epochs_first = logx ? (ARG1 < 1 ? 1 : ARG1 + 0) : ARG1 + 0
if (epochs_last <= epochs_first) {       # a single checkpoint stands in the middle, with its name
    epochs_first = logx ? 0.5 * epochs_last : epochs_last - 0.5
    epochs_last = logx ? 2 * epochs_last : epochs_last + 0.5
}
set xrange [epochs_first:epochs_last]
unset xtics
set xtics nomirror out scale 0.5 textcolor rgb faint font ",10"
if (logx) {
    set logscale x 10
    set mxtics 10
    # Where there is room 2 and 5 are named as well. The range begins a hair lower, or rounding
    # would lose a tick on its end.
    set xrange [0.999 * epochs_first:1.001 * epochs_last]
    epochs_decades = log10(1.0 * epochs_last / epochs_first)
    epochs_steps = (panel_right - panel_left) / epochs_decades < 190 ? "1" : "1 2 5"
    set xtics ()
    do for [i = 0:int(log10(epochs_last))] {
        do for [step in epochs_steps] {
            epochs_tick = int(step) * 10 ** i
            if (epochs_tick <= epochs_last) {
                set xtics add ((ARG3 eq "bare" ? "" : commas(epochs_tick)) epochs_tick)
            }
        }
    }
} else {
    epochs_step = round_step(150.0 * (epochs_last - epochs_first) / (panel_right - panel_left))
    epochs_step = epochs_step < 1 ? 1 : epochs_step
    set xtics ()
    do for [i = ceil(epochs_first / epochs_step):int(epochs_last / epochs_step)] {
        epochs_tick = int(i * epochs_step)
        set xtics add ((ARG3 eq "bare" ? "" : commas(epochs_tick)) epochs_tick)
    }
}
if (ARG3 eq "bare") { unset xlabel } else {
    set xlabel "epoch (one batch each)" font ",10.5" textcolor rgb faint offset 0,0.3
}
