# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for postroad: asks the program, so it knows what it knows.
_postroad() {
	local cur=${COMP_WORDS[COMP_CWORD]} words
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="help $(postroad help 2>/dev/null |
		    sed -n 's/^  \([a-z]*\) .*/\1/p')"
	elif [ "${COMP_WORDS[1]}" = help ]; then
		words=$(postroad help 2>/dev/null |
		    sed -n 's/^  \([a-z]*\) .*/\1/p')
	elif [[ $cur == -* ]]; then
		words=$(postroad help "${COMP_WORDS[1]}" 2>/dev/null |
		    sed -n 's/^  .*\(--[a-z-]*\).*/\1/p')
	else
		return 0 # file names, by -o default
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _postroad postroad
