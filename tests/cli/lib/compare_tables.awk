# awk -f compare_tables.awk -v tolerances="loss=1e-3 accuracy=0" EXPECTED GOT
#
# Two TSV tables are the same: comment line, column names and text exactly, numbers within the
# column's absolute tolerance (1e-4 where none is given). Whole numbers on both sides must be equal.
# Prints what differs, exits 1 if anything does.

BEGIN {
    FS = "\t"
    count = split(tolerances, pairs, " ")
    for (i = 1; i <= count; i++) {
        split(pairs[i], pair, "=")
        tolerance[pair[1]] = pair[2]
    }
}

function differ(what)
{
    if (differences++ < 10)
        print "line " FNR ": " what
}

function is_whole(text) { return text ~ /^-?[0-9]+$/ }
function is_number(text) { return text ~ /^-?[0-9]+(\.[0-9]*)?(e[-+]?[0-9]+)?$/ }

function same(expected, got, column,    distance, allowed)
{
    if (expected == got)
        return 1
    if (!is_number(expected) || !is_number(got))
        return 0
    allowed = column in tolerance ? tolerance[column] : 1e-4
    if (is_whole(expected) && is_whole(got) && !(column in tolerance))
        return 0
    distance = expected - got
    return distance <= allowed + 0 && -distance <= allowed + 0
}

NR == FNR { line[FNR] = $0; lines = FNR; next }

FNR > lines { differ("beyond the recorded table: " $0); next }

/^#/ || FNR <= 2 {
    if ($0 != line[FNR])
        differ("'" line[FNR] "' became '" $0 "'")
    if (!/^#/)
        for (i = 1; i <= NF; i++)
            name[i] = $i
    next
}

{
    fields = split(line[FNR], expected, FS)
    if (fields != NF)
        differ(NF " cells, expected " fields)
    for (i = 1; i <= NF; i++)
        if (!same(expected[i], $i, name[i]))
            differ(name[i] " is " $i ", expected " expected[i])
}

END {
    if (FNR < lines)
        differ("the table ends here, expected " lines " lines")
    exit differences > 0
}
