# load here."next.gp": after a panel's plot, takes its labels, arrows and marks away.
unset label
unset arrow
unset object
