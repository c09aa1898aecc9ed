# growth.gp TABLE OUT
#
# How the time of a training epoch grows with one size at a time around the two-layer preset, from
# induct-bench's table (tests/bench/growth.sh): a panel a size, both axes logarithmic. The dashed
# line is the time that the epoch's matrix products would take at the multiply-add rate; the second
# curve is PyTorch's, where the table has it (tests/peers/growth.py).

in = ARG1; out = ARG2; run = ""; model = ""; logx = 1; task_known = 0; period_lo = 0; period_hi = 0
here = ARG0[1:strlen(ARG0) - strlen("growth.gp")]."lib/"
load here."style.gp"
call here."columns.gp" in "axis value threads milliseconds lo hi gflops limit_gflops bound_milliseconds"

peer = has_column("pytorch_milliseconds") ? "pytorch_milliseconds" : "milliseconds"
peer_there = peer ne "milliseconds"
run = peer_there ? "blue: induct, orange: PyTorch" : "induct"
axes = "d_model context vocab layers batch threads"
axis_title(name) = name eq "d_model" ? "width of the residual stream" : name eq "context" ? "tokens a sequence" \
    : name eq "vocab" ? "tokens of the vocabulary" : name eq "batch" ? "sequences a step" : name
on(name) = strcol("axis") eq name

most_threads = 0
stats in using (threads_here = column("threads"), most_threads = threads_here > most_threads \
    ? threads_here : most_threads, 0) nooutput
stats in using (column("gflops") / column("limit_gflops") / column("threads")) nooutput
top_share = STATS_max

headline = "Milliseconds an epoch, one size at a time"
note = sprintf("two layers, width 64, 32 sequences of 80 tokens, %d thread%s; dashed: its products at the multiply-add rate", \
    most_threads, most_threads > 1 ? "s" : "")
height = 520
load here."title.gp"
set logscale xy

do for [i = 1:words(axes)] {
    name = word(axes, i)
    set xrange [*:*]; set yrange [*:*]      # those of the panel before would hide rows from stats
    values = ""
    points = 0
    stats in using (points = points + on(name), 0) nooutput
    if (points > 0) {
        stats in using (on(name) ? (values = values." ".strcol("value"), column("value")) : NaN) nooutput
        lo = STATS_min; hi = STATS_max
        stats in using (on(name) ? column(peer) : NaN) nooutput
        slowest = STATS_max
        stats in using (on(name) ? column("bound_milliseconds") : NaN) nooutput
        fastest = STATS_min
        where_left = left + 286 * ((i - 1) % 3)
        where_top = 92 + 214 * ((i - 1) / 3)
        call here."panel.gp" sprintf("%d", where_top) sprintf("%d", where_top + 150) \
            axis_title(name) sprintf("%d", where_left) sprintf("%d", where_left + 226)
        set xrange [lo / 1.25:hi * 1.25]
        set yrange [fastest / 1.5:slowest * 1.6]
        set format y "%g"
        # 1, 2, 5 where the panel spans less than two decades, powers of ten alone elsewhere
        steps = slowest / fastest < 100 ? "1 2 5" : "1"
        unset ytics
        set ytics nomirror out scale 0.5 textcolor rgb faint font ",10"
        set ytics ("" 1)
        do for [decade = -2:5] {
            do for [step in steps] {
                set ytics add (sprintf("%g", step * 10.0 ** decade) step * 10.0 ** decade)
            }
        }
        unset xtics
        set xtics nomirror out scale 0.5 textcolor rgb faint font ",10"
        set xtics ("" 1)
        do for [value in values] { set xtics add (value int(value)) }
        plot in using (on(name) ? column("value") : NaN):(column("bound_milliseconds")) \
                with lines lc rgb faint lw 1 dt 2, \
            in using (on(name) && peer_there ? column("value") : NaN):(column(peer)) \
                with linespoints lc rgb colour(2) lw 1.6 pt 7 ps 0.5, \
            in using (on(name) ? column("value") : NaN):(column("milliseconds")):(column("lo")):(column("hi")) \
                with yerrorbars lc rgb colour(1) lw 1 pt 7 ps 0.5, \
            in using (on(name) ? column("value") : NaN):(column("milliseconds")) \
                with lines lc rgb colour(1) lw 1.6
        load here."next.gp"
    }
}
unset multiplot
