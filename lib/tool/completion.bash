# Completion of induct's programs in bash: options as the program's own --help lists them, folders
# and files elsewhere. Installed under the name of every program, which is where bash-completion
# looks; sourcing this file works as well.

_induct_options() {
    "$1" --help 2>/dev/null | sed -nE 's/^ {2,6}(-[a-zA-Z], )?(--[a-z0-9-]+)(=.*)?( .*)?$/\2/p'
}

_induct() {
    local program=$1 current=$2 before=$3
    # bash takes "--format=c" as three words: --format, = and c
    if [[ $current == = ]]; then
        current=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $before in
    --format) mapfile -t COMPREPLY < <(compgen -W 'tsv csv jsonl' -- "$current") ;;
    --epochs) mapfile -t COMPREPLY < <(compgen -W 'first last' -- "$current") ;;
    *)
        if [[ $current == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$(_induct_options "$program")" -- "$current")
        fi
        ;;
    esac
}

# With no word of its own to offer (a run, a file) bash's default is file names.
_induct_programs() {
    local program
    for program in $(compgen -c induct-); do
        complete -o default -o bashdefault -F _induct "$program"
    done
}
_induct_programs
unset -f _induct_programs
