# The lab's page as one file: markup, style and modules of page/ put together (page/build.cmake), and
# linked into induct-lab beside the model (WebAssembly), where there is a compiler for it.
set(page_source "${CMAKE_CURRENT_SOURCE_DIR}/lab/page")
set(page_html "${PROJECT_BINARY_DIR}/generated/lab.html")
file(GLOB page_parts CONFIGURE_DEPENDS "${page_source}/*.js" "${page_source}/*.css"
    "${page_source}/*.html" "${page_source}/build.cmake")
add_custom_command(OUTPUT "${page_html}"
    COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${page_source}" "-DOUTPUT=${page_html}"
            -P "${page_source}/build.cmake"
    DEPENDS ${page_parts}
    COMMENT "The lab's page" VERBATIM)
add_custom_target(induct-lab-page DEPENDS "${page_html}")

if(INDUCT_WASM)
    set(page_wasm "${INDUCT_WASM}")
else()
    set(page_wasm "${PROJECT_BINARY_DIR}/generated/none.wasm")
    file(TOUCH "${page_wasm}")
endif()

# The assembler reads the two files, which no compiler's list of dependencies names.
set(page_object "${CMAKE_CURRENT_SOURCE_DIR}/lab/html.c")
set_source_files_properties("${page_object}" PROPERTIES
    COMPILE_DEFINITIONS "LAB_HTML=\"${page_html}\";LAB_WASM=\"${page_wasm}\""
    OBJECT_DEPENDS "${page_html};${page_wasm}")
add_dependencies(induct-lab induct-lab-page)
if(INDUCT_WASM)
    add_dependencies(induct-lab induct-wasm)
endif()
