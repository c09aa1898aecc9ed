# Completion of induct's programs in fish: what completion.sh offers, names of files elsewhere. Installed
# under the name of every program in share/fish/vendor_completions.d.

function __induct_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (command -s $words[1])
    set -l offered (sh (dirname $program)/../share/induct/completion.sh $program "$current" $words[2..] 2>/dev/null)
    if test (count $offered) -gt 0
        printf '%s\n' $offered
    else
        __fish_complete_path "$current"
    end
end

for __induct_program in (basename (status filename) .fish)
    complete -c $__induct_program -f -a '(__induct_complete)'
end
set -e __induct_program
