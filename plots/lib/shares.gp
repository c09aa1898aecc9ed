# load here."shares.gp": a y axis from 0 to 1 for accuracies and scores.
label_lo = 0; label_hi = 1; label_gap = 15.0 / panel_height
set yrange [0:1.0]
set ytics nomirror 0,0.25,1 format "%.2g"
