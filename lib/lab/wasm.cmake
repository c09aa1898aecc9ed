# induct.wasm: the core (core.cmake) and the exports of lab.h, compiled by Debian's clang with
# wasi-libc. Left out, with a word, where these are missing: .ci/setup installs them.
#
# INDUCT_WASM is the file, or empty, wherever it is asked for; the target is induct-wasm.

set(INDUCT_WASM "" CACHE INTERNAL "the model in the page")
find_program(INDUCT_WASM_CC NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)
set(wasm_target --target=wasm32-wasi)
set(wasm_link -mexec-model=reactor) # _initialize, and exports that may be called again and again
if(INDUCT_WASM_CC AND NOT INDUCT_WASM_TRIED STREQUAL INDUCT_WASM_CC)
    # libc, the linker and the compiler's runtime are packages of their own.
    file(WRITE "${generated}/wasm-try.c" "#include <math.h>\nfloat try(float x) { return expf(x); }\n")
    execute_process(COMMAND "${INDUCT_WASM_CC}" ${wasm_target} ${wasm_link} "${generated}/wasm-try.c"
                            -Wl,--export=try -o "${generated}/wasm-try.wasm"
        RESULT_VARIABLE wasm_failed OUTPUT_QUIET ERROR_QUIET)
    set(INDUCT_WASM_TRIED "${INDUCT_WASM_CC}" CACHE INTERNAL "the compiler that was tried")
    set(INDUCT_WASM_WORKS "NO" CACHE INTERNAL "whether it makes WebAssembly")
    if(wasm_failed EQUAL 0)
        set(INDUCT_WASM_WORKS "YES" CACHE INTERNAL "whether it makes WebAssembly")
    endif()
endif()
if(NOT INDUCT_WASM_CC OR NOT INDUCT_WASM_WORKS)
    message(STATUS "No clang for WebAssembly: no model in the page (.ci/setup installs it)")
    unset(INDUCT_WASM_TRIED CACHE) # packages may come
    return()
endif()

# What lab.h declares is what is exported.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS lab/lab.h)
file(STRINGS lab/lab.h wasm_exports REGEX "^[a-z].*ind_lab_[a-z_]+\\(")
list(TRANSFORM wasm_exports REPLACE ".*(ind_lab_[a-z_]+)\\(.*" "-Wl,--export=\\1")

set(wasm_flags ${wasm_target} -std=c11 -O3 -msimd128 -ffp-contract=off -fno-math-errno
    -D_GNU_SOURCE "-I${PROJECT_SOURCE_DIR}/include" "-I${CMAKE_CURRENT_SOURCE_DIR}" -Wall -Wextra)
if(INDUCT_WERROR)
    list(APPEND wasm_flags -Werror)
endif()

# Kernels for the processor at hand are of no use here: the vectors are WebAssembly's.
set(wasm_sources ${INDUCT_CORE} ${INDUCT_CORE_SIMD})
list(FILTER wasm_sources EXCLUDE REGEX "math/simd/.*avx")
list(TRANSFORM wasm_sources PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
list(APPEND wasm_sources "${generated}/registry.c")

set(wasm_objects "")
foreach(source IN LISTS wasm_sources)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE name)
    string(REPLACE "/" "-" name "${name}")
    set(object "${PROJECT_BINARY_DIR}/wasm/${name}.o")
    add_custom_command(OUTPUT "${object}"
        COMMAND ${CMAKE_C_COMPILER_LAUNCHER} "${INDUCT_WASM_CC}" ${wasm_flags}
                -MD -MF "${object}.d" -c "${source}" -o "${object}"
        DEPENDS "${source}" DEPFILE "${object}.d"
        COMMENT "WebAssembly of ${name}" VERBATIM)
    list(APPEND wasm_objects "${object}")
endforeach()

set(INDUCT_WASM "${PROJECT_BINARY_DIR}/wasm/induct.wasm" CACHE INTERNAL "the model in the page")
add_custom_command(OUTPUT "${INDUCT_WASM}"
    COMMAND "${INDUCT_WASM_CC}" ${wasm_target} ${wasm_link} -O3 ${wasm_objects} ${wasm_exports}
            -Wl,--strip-all -Wl,-z,stack-size=1048576 -o "${INDUCT_WASM}"
    DEPENDS ${wasm_objects} COMMENT "Linking induct.wasm" VERBATIM)
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/wasm")
add_custom_target(induct-wasm ALL DEPENDS "${INDUCT_WASM}")
