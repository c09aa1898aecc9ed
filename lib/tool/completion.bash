# Completion of induct's programs in bash: what completion.sh offers, names of files elsewhere. Installed under
# the name of every program, which is where bash-completion looks; sourcing this file works as well.

# Where PREFIX/bin/PROGRAM has its share/induct; so has the build folder.
_induct_script() {
    local program
    program=$(type -P "$1") && echo "${program%/*}/../share/induct/completion.sh"
}

# bash takes "--format=c" as three words, --format, = and c, and "0:20" as 0, : and 20: they are put together
# again, and of what is offered the part is left that bash has as the word at the cursor.
_induct() {
    local current= word i front script
    local -a before=()
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == [=:] || ($i -gt 1 && ${COMP_WORDS[i - 1]} == [=:]) ]]; then
            current+=$word
        else
            ((i > 1)) && before+=("$current")
            current=$word
        fi
    done
    word=${COMP_WORDS[COMP_CWORD]}
    [[ $word == [=:] ]] && word=
    front=${current%"$word"}
    COMPREPLY=()
    script=$(_induct_script "$1") || return 0
    mapfile -t COMPREPLY < <(sh "$script" "$1" "$current" "${before[@]}" | cut -f1 | while IFS= read -r word; do
        [[ $word != "$current"* ]] || printf '%s\n' "${word#"$front"}"
    done)
}

# With no word of its own to offer (a run, a file) bash's default is file names.
_induct_programs() {
    local program
    for program in induct $(compgen -c induct-); do
        complete -o default -o bashdefault -F _induct "$program"
    done
}
_induct_programs
unset -f _induct_programs
