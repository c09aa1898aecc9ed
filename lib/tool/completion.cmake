# bash-completion loads share/bash-completion/completions/PROGRAM when PROGRAM is first completed:
# one file and a link to it for each program.
set(completion_folder "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
if(INDUCT_PROGRAMS)
    install(FILES lib/tool/completion.bash DESTINATION ${completion_folder} RENAME induct)
endif()
foreach(program IN LISTS INDUCT_PROGRAMS)
    set(link "${PROJECT_BINARY_DIR}/completions/${program}")
    file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/completions")
    file(CREATE_LINK induct "${link}" SYMBOLIC)
    install(FILES "${link}" DESTINATION ${completion_folder})
endforeach()
