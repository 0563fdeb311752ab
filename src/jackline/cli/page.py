"""What is printed fits 80 columns: error texts are broken at spaces, tables end without padding."""

from __future__ import annotations

import textwrap

WIDTH = 80
"""Columns of everything that is shown: a terminal has at least these."""


def fitted(text: str) -> str:
    """Long lines broken at spaces, never inside a path or an address; a continued line keeps its indent."""
    return "\n".join(_broken(line) for line in text.splitlines())


def without_padding(text: str) -> str:
    """Lines without the spaces that a table ends them with."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _broken(line: str) -> str:
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
