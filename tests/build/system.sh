#!/bin/bash
# What Linux or glibc alone has is called in lib/base/system.c and nowhere else.
set -euo pipefail
cd "$INDUCT_SOURCE"
headers='linux/[a-z0-9_/]*|sched|endian|sys/(epoll|eventfd|inotify|mman|prctl|random|signalfd|statfs|syscall|sysinfo|timerfd)|mach-o/.*'
calls='accept4|fopencookie|open_memstream|getauxval|gettid|mempcpy|pipe2|prctl|qsort_r|renameat2|sched_getaffinity|secure_getenv|strchrnul|syncfs|syscall'
found=$(grep -rnE "^ *# *include <($headers)\.h>|\b($calls) ?\(|\"/proc/self|O_PATH|st_mtim\b|[lb]e[0-9]+toh|hto[lb]e[0-9]+" \
    lib include train analyze --include='*.[ch]' | grep -v '^lib/base/system\.c:' || true)
[[ -z $found ]] || { echo "of Linux or glibc alone, but not in lib/base/system.c:"; echo "$found"; exit 1; }
# These patterns do find such calls.
[[ $(grep -cE "\b($calls) ?\(|<($headers)\.h>" lib/base/system.c) -gt 8 ]] || { echo "nothing is found in lib/base/system.c either"; exit 1; }
