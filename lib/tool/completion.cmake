# Completion: one script that finds what to offer (completion.sh), and for each shell what hands it on. bash
# and fish look for a file of the program's name, zsh for functions whose first line says for which programs
# they are; Debian's packages have those in a folder of their own.
set(completion_share "${CMAKE_INSTALL_DATADIR}")
set(completion_links "${PROJECT_BINARY_DIR}/completions")
install(FILES lib/tool/completion.sh DESTINATION ${completion_share}/induct)
install(FILES lib/tool/completion.zsh DESTINATION ${completion_share}/zsh/site-functions RENAME _induct)
install(FILES lib/tool/completion.zsh DESTINATION ${completion_share}/zsh/vendor-completions RENAME _induct)
install(FILES lib/tool/completion.bash DESTINATION ${completion_share}/bash-completion/completions RENAME induct)
install(FILES lib/tool/completion.fish DESTINATION ${completion_share}/fish/vendor_completions.d RENAME induct.fish)
file(MAKE_DIRECTORY "${completion_links}" "${PROJECT_BINARY_DIR}/share/induct")
foreach(program IN LISTS INDUCT_PROGRAMS INDUCT_SCRIPTS)
    file(CREATE_LINK induct "${completion_links}/${program}" SYMBOLIC)
    file(CREATE_LINK induct.fish "${completion_links}/${program}.fish" SYMBOLIC)
    install(FILES "${completion_links}/${program}" DESTINATION ${completion_share}/bash-completion/completions)
    install(FILES "${completion_links}/${program}.fish" DESTINATION ${completion_share}/fish/vendor_completions.d)
endforeach()
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/lib/tool/completion.sh"
    "${PROJECT_BINARY_DIR}/share/induct/completion.sh" SYMBOLIC)
