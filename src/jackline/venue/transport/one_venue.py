"""Imports one venue of ccxt instead of all hundred.

Importing ccxt's package runs every venue's module: about two seconds, most of what a restart takes, and on the lower
rungs a restart is what a naked position waits for. Its submodules are complete in themselves; only the two packages'
own `__init__` modules import everything. So plain packages stand in for those two while this one venue is imported,
and are taken away again: a later ``import ccxt`` by anybody gets the whole library.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any

PACKAGES = ("ccxt", "ccxt.async_support")


def exchange_class(name: str) -> tuple[Any, type[Exception]]:
    """The class ``ccxt.async_support.NAME`` and the base of ccxt's errors. ImportError when there is no such venue."""
    module = _import_one(name)
    return getattr(module, name), sys.modules["ccxt.base.errors"].BaseError


def errors_of_ccxt() -> type[Exception]:
    """The base of ccxt's errors, which is the same for all its venues."""
    error: type[Exception] = _import_one(None).BaseError
    return error


def _import_one(name: str | None) -> ModuleType:
    """The module of one venue; None: that of the errors alone."""
    standing_in = [package for package in PACKAGES if package not in sys.modules]
    for package in standing_in:
        sys.modules[package] = _bare(package)
    try:
        if name is None:
            return importlib.import_module("ccxt.base.errors")
        if PACKAGES[0] in standing_in:
            # ccxt's own modules take these from the package itself.
            stand_in = sys.modules[PACKAGES[0]]
            for source in ("ccxt.base.errors", "ccxt.base.exchange"):
                names = vars(importlib.import_module(source))
                vars(stand_in).update({key: names[key] for key in names if not key.startswith("__")})
        return importlib.import_module(f"{PACKAGES[-1]}.{name}")
    finally:
        for package in standing_in:
            sys.modules.pop(package, None)


def _bare(package: str) -> ModuleType:
    """A package with the real search path and none of the real contents."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"{package} is not installed")
    module = ModuleType(package)
    module.__path__ = list(spec.submodule_search_locations)
    module.__spec__ = importlib.machinery.ModuleSpec(package, None, is_package=True)
    return module
