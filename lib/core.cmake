# The core: what computes a model, its evaluation, scores, ablations and splits, and tables, and
# needs nothing but the C library and libm. The same files are compiled to WebAssembly for the page.
#
# Whole modules, but for the files named here with their reason; a new file of these modules belongs
# to the core unless it is added to the list. core-alone (tests/CMakeLists.txt) links the core with
# nothing else, so that one which calls BLAS, draws a random number or starts a thread ends the build.

file(GLOB INDUCT_CORE RELATIVE "${CMAKE_CURRENT_LIST_DIR}" CONFIGURE_DEPENDS
    "${CMAKE_CURRENT_LIST_DIR}/math/*.c" "${CMAKE_CURRENT_LIST_DIR}/model/*.c"
    "${CMAKE_CURRENT_LIST_DIR}/eval/*.c"
    "${CMAKE_CURRENT_LIST_DIR}/score/*.c" "${CMAKE_CURRENT_LIST_DIR}/score/engine/*.c"
    "${CMAKE_CURRENT_LIST_DIR}/patch/*.c" "${CMAKE_CURRENT_LIST_DIR}/table/*.c"
    "${CMAKE_CURRENT_LIST_DIR}/lab/*.c")
list(REMOVE_ITEM INDUCT_CORE
    model/initial.c eval/drawn.c patch/reference.c patch/graft_random.c # draw random numbers
    eval/predictors.c eval/strategy.c eval/conflict.c                   # the same
    eval/together.c score/engine/together.c                             # start threads
    table/reader.c table/columns.c table/curves.c                       # read files
    math/blas.c math/decomp.c math/holm.c math/flips.c)                 # BLAS, LAPACK, sorting
list(APPEND INDUCT_CORE
    base/error.c base/memory.c base/printable.c
    data/resampled.c
    format/dtype.c)
file(GLOB INDUCT_CORE_SIMD RELATIVE "${CMAKE_CURRENT_LIST_DIR}" CONFIGURE_DEPENDS
    "${CMAKE_CURRENT_LIST_DIR}/math/simd/*.c")
