# The public headers as pages: `cmake --build build --target api` makes build/api/html. Made on demand, neither
# committed nor installed.
find_program(DOXYGEN doxygen)
find_program(AWK awk)
if(DOXYGEN AND AWK)
    configure_file("${PROJECT_SOURCE_DIR}/lib/api/Doxyfile.in" "${PROJECT_BINARY_DIR}/api/Doxyfile" @ONLY)
    add_custom_target(api
        COMMAND "${DOXYGEN}" "${PROJECT_BINARY_DIR}/api/Doxyfile"
        COMMENT "Pages of the headers: ${PROJECT_BINARY_DIR}/api/html/index.html" VERBATIM)
else()
    add_custom_target(api
        COMMAND "${CMAKE_COMMAND}" -E echo "The headers' pages are made by Doxygen (Debian: doxygen)."
        COMMAND "${CMAKE_COMMAND}" -E false VERBATIM)
endif()
