# awk -v architecture=lib/ARCHITECTURE.md -f rules.awk FILE...  (paths from the repository's root)
#
# The architecture as a test. Prints one line for each breach and exits 1 if there was any:
#
#   - a module includes only modules of a lower level, and itself (levels: the table in ARCHITECTURE.md);
#   - cblas.h and lapacke.h are lib/math's; png.h, FreeType and Fontconfig are lib/picture's;
#   - threads are made in lib/base/thread.c only, and by no other means than its own;
#   - the library neither prints nor exits, except lib/tool, which is the programs' own side of it;
#   - no source file is longer than 500 lines.

# "| 4 | `model` | what lives there |" -> level["model"] = 4
function read_levels(    line, cell, name, count, i)
{
    while ((getline line < architecture) > 0) {
        if (line !~ /^\| [0-9]+ \| `/)
            continue
        split(line, cell, /[ ]*\|[ ]*/)
        count = split(cell[3], name, /[` \/]+/)
        for (i = 1; i <= count; i++)
            if (name[i] != "")
                level[name[i]] = cell[2] + 0
    }
    close(architecture)
}

BEGIN {
    read_levels()
    for (i = 1; i < ARGC; i++)
        exists[ARGV[i]] = 1
}

function breach(what)
{
    printf "%s:%d: %s\n", FILENAME, FNR, what
    breaches++
}

# "lib/math/svd.c" -> "math", "include/induct/math/svd.h" -> "math", "train/main.c" -> "train"
function module_of(path,    part)
{
    split(path, part, "/")
    if (part[1] == "lib")
        return part[2]
    if (part[1] == "include")
        return part[4] == "" ? "analyze" : part[3]
    return part[1]
}

# The file of this repository that `#include "target"` or <target> means, "" for any other.
function included_file(target, quoted,    folder)
{
    if (target ~ /^induct\//)
        return "include/" target
    if (!quoted)
        return ""
    folder = FILENAME
    sub(/[^\/]*$/, "", folder)
    if ((folder target) in exists)
        return folder target
    return ("lib/" target) in exists ? "lib/" target : ""
}

function check_include(target, quoted,    file, other)
{
    if (target ~ /\.\.\//)
        breach("includes " target ": name it from lib/, not through ..")
    if (target ~ /(^|\/)(cblas[a-z0-9_-]*|lapacke[a-z0-9_-]*|f77blas|openblas_config)\.h$/ \
        && FILENAME !~ /^lib\/math\//)
        breach(target " outside lib/math")
    if (target ~ /^(libpng[0-9]*\/)?png[a-z]*\.h$/ && FILENAME !~ /^lib\/picture\//)
        breach(target " outside lib/picture")
    if (target ~ /^(ft2build\.h$|freetype|fontconfig\/)/ && FILENAME !~ /^lib\/picture\//)
        breach(target " outside lib/picture")
    if (target == "omp.h" || target == "threads.h")
        breach(target " instead of induct/base/team.h")

    file = included_file(target, quoted)
    if (file == "")
        return
    other = module_of(file)
    if (!(other in level))
        breach("includes " target ": module " other " has no level in lib/ARCHITECTURE.md")
    else if (other != module && level[other] >= level[module])
        breach(module " (level " level[module] ") includes " target " (level " level[other] ")")
}

FNR == 1 {
    module = module_of(FILENAME)
    is_source = FILENAME ~ /^(lib|include|train|analyze)\/.*\.[ch]$/
    may_print = FILENAME !~ /^lib\// || module == "tool"
    if (is_source && !(module in level))
        breach("module " module " has no level in lib/ARCHITECTURE.md")
}

FNR == 501 { breach("longer than 500 lines: one subject a file") }

!is_source { next }

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
    target = $0
    sub(/^[^<"]*/, "", target)
    quoted = substr(target, 1, 1) == "\""
    target = substr(target, 2)
    sub(/[>"].*$/, "", target)
    check_include(target, quoted)
}

/#[ \t]*pragma[ \t]+omp/ || /_Pragma\("omp/ {
    breach("OpenMP instead of induct/base/team.h")
}

/pthread_create[ ]*\(/ && FILENAME != "lib/base/thread.c" {
    breach("pthread_create outside lib/base/thread.c")
}

# Comments are prose, not calls: a line that opens with * or // or /* is left out.
!may_print && !/^[ \t]*(\*|\/\/|\/\*)/ {
    if (/(^|[^a-zA-Z0-9_.>])(printf|puts|putchar|perror|exit|_exit|abort)[ ]*\(/ ||
        /[^a-zA-Z0-9_](stdout|stderr)[^a-zA-Z0-9_]/)
        breach("the library neither prints nor exits: fill the caller's ind_error")
}

END { exit breaches > 0 }
