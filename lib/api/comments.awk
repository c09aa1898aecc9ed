# The comments of a header as Doxygen reads them, on stdout. The headers' own are plain C comments: the
# first is the file's; one that begins a line is of the declaration below it, one behind a declaration is of
# that. In their text, lines that are set in (formulas, tables) stay as they are; the rest is prose, in
# which nothing is a command. Headings of sections are left out.

function prose(line) {
    gsub(/[\\@<>&#%]/, "\\\\&", line)
    return line
}

function emit(kind,    i, set_in, line, out, indent) {
    out = "/**" kind
    if (!seen_first && kind == "") {
        out = out "\n@file\n"
        seen_first = 1
    } else
        out = out "\n"
    set_in = 0
    for (i = 1; i <= n; i++) {
        line = text[i]
        match(line, /^ */)
        indent = RLENGTH
        if (line ~ /^ *$/) {
            out = out "\n"
            continue
        }
        if (indent >= 2 && kind == "") {
            if (!set_in)
                out = out "@verbatim\n"
            set_in = 1
            out = out line "\n"
            continue
        }
        if (set_in)
            out = out "@endverbatim\n"
        set_in = 0
        sub(/^ */, "", line)
        out = out prose(line) "\n"
    }
    if (set_in)
        out = out "@endverbatim\n"
    printf "%s*/\n", out
    n = 0
}

# One line of a comment: without its star, and without its end; true if it ends here.
function take(line,    ended) {
    ended = index(line, "*/") > 0
    if (ended)
        sub(/ *\*\/.*$/, "", line)
    text[++n] = line
    return ended
}

in_comment {
    line = $0
    # " * text" keeps what stands behind one blank; lines of a comment behind code have no star
    if (line ~ /^ *\* / || line ~ /^ *\*$/)
        sub(/^ *\* ?/, "", line)
    else if (line !~ /^ *\*\//)
        sub(/^ */, "", line)
    else
        sub(/^ */, "", line)
    if (take(line)) {
        in_comment = 0
        emit(kind)
    }
    next
}

/^ *\/\* ----.*\*\// { next }

/^ *\/\* ----/ { # a heading with text below it
    gsub(/ ?-{4,} ?/, "")
}

/\/\*/ {
    at = index($0, "/*")
    code = substr($0, 1, at - 1)
    rest = substr($0, at + 2)
    sub(/^\*/, "", rest)
    kind = code ~ /^ *$/ ? "" : "<"
    if (kind == "<")
        printf "%s", code
    sub(/^ /, "", rest)
    n = 0
    if (rest ~ /^ *$/) {
        in_comment = 1
        next
    }
    if (take(rest))
        emit(kind)
    else
        in_comment = 1
    next
}

{ print }
