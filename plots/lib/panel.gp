# call here."panel.gp" TOP BOTTOM NAME [LEFT RIGHT]
#
# Starts the next panel between TOP and BOTTOM points from the page's top (LEFT and RIGHT from its
# left), NAME above it. Axes are then set by axis.gp and `set yrange`; after `plot`, load "next.gp".

set tmargin at screen down(ARG1 + 0)
set bmargin at screen down(ARG2 + 0)
panel_left = ARGC >= 5 ? ARG4 + 0 : left
panel_right = ARGC >= 5 ? ARG5 + 0 : width - right
set lmargin at screen across(panel_left)
set rmargin at screen across(panel_right)
panel_height = ARG2 - ARG1
set label 10 ARG3 at screen across(panel_left), screen down(ARG1 - 12) left font strong.",11" \
    textcolor rgb ink
# Labels begin 10 points right of the curves.
label_x = 1 + 12.0 / (panel_right - panel_left)
