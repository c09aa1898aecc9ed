# call here."columns.gp" TABLE "COLUMN ..."
#
# Sets `header` (the names of the table's columns, separated by blanks), `last_column` and `rows`.
# Ends gnuplot with one line on stderr and status 1 if the table has no row or lacks a column.

columns_table = ARG1
columns_wanted = ARG2
header = ""
rows = -1                                # the names are no row
set datafile separator "\n"
stats columns_table using (rows < 0 ? header = strcol(1) : 0, rows = rows + 1, 0) nooutput
set datafile separator tab

columns_padded = ""
do for [i = 1:words(header)] {
    columns_padded = columns_padded." ".word(header, i)
}
header = columns_padded[2:]
last_column = words(header)
has_column(name) = strstrt(" ".header." ", " ".name." ") > 0
do for [name in columns_wanted] {
    if (rows >= 0 && !has_column(name)) {
        print "plots: ".columns_table.": no column '".name."' among: ".header
        exit status 1
    }
}
if (rows < 1) {
    print "plots: ".columns_table.": no rows"
    exit status 1
}
