"""`jackline completion`: what a shell runs to complete words, and the words.

A word is completed in the time of a key press: a command is loaded only for the words behind it, nothing is parsed or
checked, and what has no candidates is left to the shell, which completes files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

OF = "--of"
"""`jackline completion --of INDEX WORD...`: the candidates for the word of that index, a line each, by tab its help."""

BASH = """\
_jackline() {
    local IFS=$'\\n'
    COMPREPLY=($(jackline completion --of "$((COMP_CWORD - 1))" "${COMP_WORDS[@]:1}" 2>/dev/null | cut -f1))
}
complete -o default -F _jackline jackline
"""
ZSH = """\
#compdef jackline
_jackline() {
    local -a found
    found=("${(@f)$(jackline completion --of $((CURRENT - 2)) "${(@)words[2,-1]}" 2>/dev/null)}")
    found=("${(@)found//$'\\t'/:}")
    if [[ -n "$found" ]]; then _describe jackline found; else _files; fi
}
compdef _jackline jackline
"""
FISH = """\
function __jackline_words
    set -l words (commandline -opc) (commandline -ct)
    jackline completion --of (math (count $words) - 2) $words[2..-1] 2>/dev/null
end
complete -c jackline -k -a '(__jackline_words)'
"""


class Shell(StrEnum):
    """Shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


SCRIPTS = {Shell.BASH: BASH, Shell.ZSH: ZSH, Shell.FISH: FISH}


def completion(
    shell: Annotated[Shell, typer.Argument(help="Whose.", show_default=False)],
) -> None:
    """Print a script that completes commands and options. Bash: eval "$(jackline completion bash)" in ~/.bashrc."""
    print(SCRIPTS[shell], end="")


def say_candidates(words: Sequence[str]) -> None:
    """Print them. `words`: the index of the word that is completed, then all words behind `jackline`."""
    index = int(words[0]) if words and words[0].isdecimal() else 0
    before, now = list(words[1 : index + 1]), (list(words[index + 1 :]) or [""])[0]
    for word, about in candidates(before, now):
        print(f"{word}\t{about}" if about else word)


def candidates(before: Sequence[str], now: str) -> Iterator[tuple[str, str]]:
    """Words that begin with `now`, each with what it does."""
    from jackline.cli.main import COMMANDS, load

    if not before:
        rows = {"version": "Print the version.", **{name: lazy.summary for name, lazy in COMMANDS.items()}}
        yield from ((name, about) for name, about in rows.items() if name.startswith(now))
        return
    if before[0] not in COMMANDS:
        return
    yield from _behind(load(before[0]), before[1:], now)


def _behind(command: Any, before: Sequence[str], now: str) -> Iterator[tuple[str, str]]:
    """Down to the innermost command that was written, then its commands, options, or the values of an option."""
    last = ""
    for word in before:
        inner = getattr(command, "commands", {}).get(word)
        command, last = (inner, "") if inner is not None else (command, word)
    for param in command.params:
        spelt = (*param.opts, *param.secondary_opts)
        if last in spelt and not getattr(param, "is_flag", False):
            yield from ((one, "") for one in _values(param) if one.startswith(now))
            return
    if now.startswith("-"):
        options = [param for param in command.params if hasattr(param, "is_flag") and not param.hidden]
        spellings = [
            (one, param.help or "") for param in options for one in (*param.opts, *param.secondary_opts)
        ]
        yield from ((one, about) for one, about in (*spellings, ("--help", "")) if one.startswith(now))
    arguments = [param for param in command.params if not hasattr(param, "is_flag")]
    yield from ((one, "") for param in arguments for one in _values(param) if one.startswith(now))
    for name, inner in getattr(command, "commands", {}).items():
        if name.startswith(now):
            yield name, inner.get_short_help_str(limit=80)


def _values(param: Any) -> Sequence[str]:
    """Of an option that takes one of several words; none where it takes anything."""
    kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
    return [str(one) for one in kind] if isinstance(kind, type) and issubclass(kind, StrEnum) else []
