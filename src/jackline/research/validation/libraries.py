"""The libraries of the `research` extra, imported when they are needed and not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

EXTRA = "research"


class LibraryMissing(Exception):
    """One of them cannot be imported; the text names the extra."""


def library(name: str) -> Any:
    """The module of this name. Raises LibraryMissing that says how to install it."""
    try:
        return import_module(name)
    except ImportError as error:
        text = f"{name.partition('.')[0]} cannot be imported: {error}. Fix: pip install 'jackline[{EXTRA}]'"
        raise LibraryMissing(text) from None
