# awk -f role.awk scores.tsv: the head that once had the highest prev-token score, of those that have
# a later layer to write to (of all, in a model of one layer).

BEGIN { FS = "\t" }
/^#/ { next }
!column {
    for (i = 1; i <= NF; i++) {
        if ($i == "prev_token") column = i
        if ($i == "head") name = i
    }
    next
}
$column + 0 > peak[$name] + 0 { peak[$name] = $column }
{
    layer = substr($name, 2) + 0
    last = layer > last ? layer : last
}
END {
    for (head in peak)
        if ((last == 0 || substr(head, 2) + 0 < last) &&
            (peak[head] > peak[best] || (peak[head] == peak[best] && head < best)))
            best = head
    print best
}
