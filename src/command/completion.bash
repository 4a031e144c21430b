# Completion of sysdock for bash. Words that bash parts at `:` and `=` are put together again: addresses and images have them.
_sysdock_complete() {
    local line="${COMP_LINE:0:COMP_POINT}" words=() index=-1 word lead
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        lead="${line%%[![:blank:]]*}"
        line="${line#"$lead"}"
        # The last word counts up to the cursor only.
        [[ "$line" == "$word"* ]] || word="$line"
        line="${line#"$word"}"
        if [[ -n "$lead" || $index -lt 0 ]]; then
            index=$((index + 1))
            words[index]="$word"
        else
            words[index]+="$word"
        fi
    done
    local IFS=$'\013'
    # Read, not substituted: bash would take a candidate such as `*` for a pattern of file names.
    COMPREPLY=()
    IFS="$IFS" read -r -d '' -a COMPREPLY < <(
        _CLAP_IFS="$IFS" _CLAP_COMPLETE_INDEX="$index" SYSDOCK_COMPLETE=bash sysdock -- "${words[@]}" 2>/dev/null
        printf '\0'
    )
    # Bash keeps what stands before its last break of the word.
    local current="${words[index]}" kept="" at
    local before="${current%"${current##*[:=]}"}"
    if [[ "$before" == *:* && "$COMP_WORDBREAKS" == *:* || "$before" == *=* && "$COMP_WORDBREAKS" == *=* ]]; then kept="$before"; fi
    for at in "${!COMPREPLY[@]}"; do
        printf -v "COMPREPLY[at]" '%q' "${COMPREPLY[at]#"$kept"}"
    done
    if [[ ${#COMPREPLY[@]} -ne 1 || "${COMPREPLY[0]}" != *[=/:] ]]; then compopt +o nospace 2>/dev/null; fi
}
if ((BASH_VERSINFO[0] > 4 || BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4)); then
    complete -o nospace -o bashdefault -o nosort -F _sysdock_complete sysdock
else
    complete -o nospace -o bashdefault -F _sysdock_complete sysdock
fi
