# Completion of induct's programs in bash: options as the program's own --help lists them, folders
# and files elsewhere. Installed under the name of every program, which is where bash-completion
# looks; sourcing this file works as well.

_induct_options() {
    "$1" --help 2>/dev/null | sed -nE 's/^ {2,6}(-[a-zA-Z], )?(--[a-z0-9-]+)(=.*)?( .*)?$/\2/p'
}

# The words that an option of one of a few takes, as its refusal of any other lists them. The option
# that no program has keeps it from doing anything where "?" is a value like others.
_induct_words() {
    case $2 in
    --format) echo tsv csv jsonl ;;
    --epochs) echo first last ;;
    --preset) echo 1L-fixed 1L-varied 2L-fixed 2L-varied 2L-varied-60k ;;
    --score) "$1" --list 2>/dev/null | sed -nE 's/^([a-z_]+)\t(yes|no).*/\1/p' ;;
    --heads | --head) _induct_heads ;;
    --*) "$1" "$2=?" --no-such-option 2>&1 </dev/null | sed -nE "1s/,//g;1s/.*'\?' is none of //p" ;;
    esac
}

# Those of the run on the command line.
_induct_heads() {
    local word layers heads layer head
    for word in "${COMP_WORDS[@]:1}" "${INDUCT_RUN-}"; do
        [[ -f $word/config.json ]] || continue
        layers=$(sed -nE 's/.*"n_layers": ([0-9]+).*/\1/p' "$word/config.json")
        heads=$(sed -nE 's/.*"n_heads": ([0-9]+).*/\1/p' "$word/config.json")
        for ((layer = 0; layer < layers; layer++)); do
            for ((head = 0; head < heads; head++)); do echo "L${layer}H$head"; done
        done
        return
    done
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
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_induct_options "$program")" -- "$current")
    elif [[ $before == --* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_induct_words "$program" "$before")" -- "$current")
    fi
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
