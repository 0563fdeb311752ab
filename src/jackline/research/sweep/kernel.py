"""The kernel compiled: the rules of `core` and the loops over bars, as machine code.

Numba keeps compiled code on the disk, and looks only at the file of the function itself: after a change in a rule that
it calls it would run the old one. So the directory is named by a hash of every source that is compiled in. Nothing is
compiled before it is first called.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
from numba.extending import register_jitable

from jackline.core import opportunity, rules
from jackline.research.sweep import allowed, arrays, bar_rules, loops, many, sharing, skipping

CACHE_VARIABLE = "JACKLINE_KERNEL_CACHE"
"""Environment variable: a directory for compiled code in place of the user's cache directory."""
COMPILED_IN: tuple[ModuleType, ...] = (
    rules,
    opportunity,
    arrays,
    bar_rules,
    allowed,
    loops,
    skipping,
    sharing,
    many,
)
"""Every module of which a function is part of the machine code."""
INLINED = (
    rules.stop_level,
    rules.target_level,
    rules.worst_fill_level,
    rules.trailing_level,
    rules.is_worth_moving,
    rules.better_price,
    rules.is_beyond,
    rules.loss_per_unit,
    opportunity.expected_value,
    opportunity.short_edge,
    opportunity.threshold_side,
)
"""The rules of `core`, as they stand there."""

CALLED = (
    bar_rules.along,
    bar_rules.through,
    loops.run_dense,
    skipping.run_sparse,
    sharing.run_together,
    many.task_dense,
)
"""Long, and seldom reached: compiled once and called. Everything else stands where it is used."""

COUNTED = (loops.daily_of, sharing.entries_of, sharing.run_together, many.task_dense)
"""What makes an array or gives one back counts who holds it. Nothing else does: whoever calls it holds its arrays, and
counting them up and down in each call cost half of all time, and more on several cores."""

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """The loops of `many` and `allowed`, compiled, under their names there."""

    one_dense: Function
    one_sparse: Function
    serial_dense: Function
    serial_sparse: Function
    parallel_dense: Function
    parallel_sparse: Function
    next_marked: Function
    passing: Function


def rules_sha256(modules: tuple[ModuleType, ...] = COMPILED_IN) -> str:
    """Hash of the sources that are compiled in and of how (this file), of Numba's version and of Python's."""
    found = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for module in (*modules, sys.modules[__name__]):
        found.update(inspect.getsource(module).encode())
    return found.hexdigest()


def cache_dir() -> Path:
    """Where compiled code lies: one directory for each state of the sources."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given) / rules_sha256()[:16]
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "jackline" / "kernel" / rules_sha256()[:16]


@cache
def kernel() -> Kernel:
    """The compiled loops; each is compiled, or read from the disk, when it is first called."""
    offered: list[Function] = [
        *INLINED,
        *_functions(bar_rules),
        *_functions(loops),
        *_functions(skipping),
        *_functions(sharing),
        many.task_dense,
    ]
    for function in offered:
        _offer(function, inlined=function not in CALLED)
    # Read where a function is made known to Numba; it has no other way in.
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(cache_dir())
    try:
        return Kernel(
            one_dense=_compiled(many.one_dense),
            one_sparse=_compiled(many.one_sparse),
            serial_dense=_compiled(many.serial_dense),
            serial_sparse=_compiled(many.serial_sparse),
            parallel_dense=_compiled(many.parallel_dense, parallel=True),
            parallel_sparse=_compiled(many.parallel_sparse, parallel=True),
            next_marked=_compiled(allowed.next_marked),
            passing=_compiled(allowed.passing),
        )
    finally:
        config.CACHE_DIR = before


def _offer(function: Function, *, inlined: bool) -> None:
    """Let compiled code call a function that stays as it is for Python."""
    offer: Callable[[Function], Function] = register_jitable(forceinline=inlined, _nrt=function in COUNTED)
    offer(function)


def _functions(module: ModuleType) -> list[Function]:
    """The functions that a module defines itself."""
    return [
        function
        for function in vars(module).values()
        if inspect.isfunction(function) and function.__module__ == module.__name__
    ]


def _compiled(function: Function, *, parallel: bool = False) -> Function:
    # No fast arithmetic: sums are the interpreter's to the last bit. No releasing of bounds: indices are ours.
    compiled: Function = numba.njit(function, cache=True, parallel=parallel, nogil=True)
    return compiled
