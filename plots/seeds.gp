# seeds.gp
#
# Curves over epochs of many seeds: each thin, their mean and its 95 % band. From induct-seeds: table_curves
# (columns arm column of epoch mean mean_lo mean_hi) and table_each (arm seed column of epoch value). A
# row of panels is a quantity, a panel an arm; of several arms, the mean of `against` (or of the first) is
# dashed in each panel. Given besides: quantities, "COLUMN OF ..."; arms; seeds, of all arms; against.

out = ARG2; load ARG1; load here."style.gp"
call here."columns.gp" table_each "arm seed column of epoch value"
call here."columns.gp" table_curves "arm column of epoch mean mean_lo mean_hi"

quantities_n = words(quantities) / 2
arms_n = words(arms)
across_n = arms_n < 4 ? arms_n : arms_n == 4 ? 2 : 4
down_n = (arms_n + across_n - 1) / across_n      # rows of panels a quantity
reference = strlen(against) ? against : word(arms, 1)
stats table_curves using (note_epoch(column("epoch"))) nooutput

curve = curve_for(epochs_seen)          # here: a block's macros are filled in before it is run

note = "thin: a seed · band: 95 % interval of the mean over seeds" \
    .(arms_n > 1 ? " · dashed: mean of ".reference : "")
panel_high = arms_n > 1 ? 150 : quantities_n > 2 ? 150 : 230
gap = 50
height = 72 + quantities_n * down_n * (panel_high + gap) + 14
load here."title.gp"

right = arms_n > 1 ? 30 : 122
wide = (width - left - right - (across_n - 1) * 44.0) / across_n

do for [q = 1:quantities_n] {
    quantity = word(quantities, 2 * q - 1); group = word(quantities, 2 * q)
    title = group eq "-" ? quantity : quantity." ".group
    ours(a) = strcol("arm") eq a && strcol("column") eq quantity && strcol("of") eq group
    set autoscale                                # what is left of other axes would have stats pass over rows
    # One axis for all panels of a quantity; of shares it is that of shares.
    low = NaN; high = NaN
    extent(v) = (low = low <= v ? low : v, high = high >= v ? high : v, 0)
    stats table_each using (strcol("column") eq quantity && strcol("of") eq group \
        ? extent(column("value")) : NaN) nooutput
    shares = low >= 0 && high <= 1 && high > 0.3
    margin = high > low ? 0.06 * (high - low) : 0.5
    label_lo = shares ? 0 : low - margin; label_hi = shares ? 1 : high + margin
    do for [k = 1:arms_n] {
        arm = word(arms, k)
        cell = (k - 1) % across_n; row = (q - 1) * down_n + (k - 1) / across_n
        top = 88 + row * (panel_high + gap)
        end = NaN
        set autoscale
        stats table_curves using (ours(arm) ? (end = column("mean"), 0) : NaN) nooutput
        own = " "
        stats table_each using (ours(arm) && !strstrt(own, " ".strcol("seed")." ") ? \
            (own = own.strcol("seed")." ", 0) : NaN) nooutput
        name = arms_n > 1 ? arm.(quantities_n > 1 ? ": ".title : "")."  ".share(end) : title
        call here."panel.gp" sprintf("%d", top) sprintf("%d", top + panel_high) name \
            sprintf("%.1f", left + cell * (wide + 44)) sprintf("%.1f", left + cell * (wide + 44) + wide)
        lowest = q == quantities_n && k + across_n > arms_n
        if (lowest) { call here."epochs.gp" first_epoch last_epoch } else { call here."epochs.gp" first_epoch last_epoch bare }
        set yrange [label_lo:label_hi]
        if (shares) { set ytics nomirror 0,0.25,1 format "%.2g" } else { set ytics nomirror autofreq format "%.4g" }
        hue = arm eq reference && arms_n > 1 ? "#444444" : colour(1)
        if (arms_n == 1) {
            label_gap = 15.0 / panel_height * (label_hi - label_lo)
            label_n = 1
            array label_y[1] = [end]; array label_text[1] = ["mean  ".share(end)]
            array label_colour[1] = [hue]
            load here."labels.gp"
        }
        plot for [s in own] table_each using \
                (at(column("epoch"))):(ours(arm) && strcol("seed") eq s ? column("value") : NaN) \
                with lines lc rgb tint(hue, 0.45) lw 0.7, \
            table_curves using (at(column("epoch"))):(ours(arm) ? column("mean_lo") : NaN): \
                (ours(arm) ? column("mean_hi") : NaN) \
                with filledcurves fillcolor rgb hue fillstyle transparent solid 0.22 noborder, \
            for [r = 1:(arms_n > 1 ? 1 : 0)] table_curves using \
                (at(column("epoch"))):(ours(reference) ? column("mean") : NaN) with lines \
                lc rgb "#444444" lw 1.1 dt 2, \
            table_curves using (at(column("epoch"))):(ours(arm) ? column("mean") : NaN) \
                with @curve lc rgb hue lw 2.4
        load here."next.gp"
    }
}
unset multiplot
unset output
