# Manual pages: help2man reads each built program's own --help, so page and program cannot differ.
# The page's date is the last commit's, not the build's: the same source gives the same page. The page
# of formats is written (lib/induct-formats.5.in), and held to the programs by tests/cli/formats.sh.

if(DEFINED ENV{SOURCE_DATE_EPOCH})
    set(man_epoch "$ENV{SOURCE_DATE_EPOCH}")
else()
    execute_process(COMMAND git -C "${PROJECT_SOURCE_DIR}" log -1 --format=%ct
        OUTPUT_VARIABLE man_epoch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT man_epoch)
        file(TIMESTAMP "${PROJECT_SOURCE_DIR}/CMakeLists.txt" man_epoch "%s" UTC)
    endif()
endif()

execute_process(COMMAND env LC_ALL=C date -u -d "@${man_epoch}" "+%B %Y"
    OUTPUT_VARIABLE man_date OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
set(man_formats "${PROJECT_BINARY_DIR}/man/induct-formats.5")
configure_file("${PROJECT_SOURCE_DIR}/lib/induct-formats.5.in" "${man_formats}" @ONLY)
install(FILES "${man_formats}" DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)

find_program(HELP2MAN help2man)
if(NOT HELP2MAN)
    message(STATUS "No help2man: no manual pages of programs")
    return()
endif()

set(man_pages "")
foreach(program IN LISTS INDUCT_PROGRAMS INDUCT_SCRIPTS)
    set(page "${PROJECT_BINARY_DIR}/man/${program}.1")
    set(man_needs "${program}")
    if(NOT TARGET ${program})
        set(man_needs induct-train "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${program}")
    endif()
    add_custom_command(OUTPUT "${page}"
        COMMAND "${CMAKE_COMMAND}" -E env "SOURCE_DATE_EPOCH=${man_epoch}" "HELP2MAN=${HELP2MAN}"
                sh "${PROJECT_SOURCE_DIR}/lib/tool/man.sh"
                "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${program}" "${PROJECT_VERSION}" "${page}"
        DEPENDS ${man_needs} "${PROJECT_SOURCE_DIR}/lib/tool/man.sh"
                "${PROJECT_SOURCE_DIR}/lib/tool/induct.sh"
        COMMENT "Manual page ${program}.1" VERBATIM)
    list(APPEND man_pages "${page}")
endforeach()

if(man_pages)
    set(overview "${PROJECT_BINARY_DIR}/man/induct.1")
    add_custom_command(OUTPUT "${overview}"
        COMMAND "${CMAKE_COMMAND}" -E env "SOURCE_DATE_EPOCH=${man_epoch}"
                sh "${PROJECT_SOURCE_DIR}/lib/tool/man_overview.sh"
                "${PROJECT_VERSION}" "${overview}" ${man_pages}
        DEPENDS ${man_pages} "${PROJECT_SOURCE_DIR}/lib/tool/man_overview.sh"
        COMMENT "Manual page induct.1" VERBATIM)
    list(APPEND man_pages "${overview}")
    add_custom_target(induct-man ALL DEPENDS ${man_pages})
    install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
