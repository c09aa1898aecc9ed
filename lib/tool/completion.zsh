#compdef induct -P induct-*
# Completion of induct's programs in zsh: what completion.sh offers, names of files elsewhere. Installed as
# _induct in share/zsh/site-functions.

local script=${commands[$words[1]]:-$words[1]}
script=${script:h}/../share/induct/completion.sh
local -a values shown
local line
for line in "${(@f)$(sh $script $words[1] "$PREFIX" "${(@)words[2,CURRENT-1]}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    values+=("${line%%$'\t'*}")
    shown+=("${line/$'\t'/  }")
done
if (( $#values )); then
    compadd -l -d shown -a values
else
    _files
fi
