"""Hazards of compiled code: a rule that changed, a serial loop taken for a parallel one, an array nobody counts."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
import pytest

import jackline
from jackline.research.sweep import arrays, bar_rules, loops, sharing, skipping
from jackline.research.sweep import kernel as compiling
from jackline.research.sweep.kernel import COMPILED_IN, COUNTED, INLINED, cache_dir, kernel, rules_sha256

SOURCE = Path(jackline.__file__).parent
DEADLINE_S = 55


def test_every_source_that_is_compiled_in_is_hashed() -> None:
    """A function of another module would change without another cache."""
    hashed = {module.__name__ for module in COMPILED_IN} | {compiling.__name__}
    used = {function.__module__ for function in INLINED}
    loops = {name: getattr(kernel(), name).py_func.__module__ for name in kernel().__dataclass_fields__}
    assert used | set(loops.values()) <= hashed


def test_another_rule_is_another_directory() -> None:
    """The same process must not find yesterday's machine code: its name holds the hash of the rules."""
    before = rules_sha256()
    assert cache_dir().name == before[:16]
    fewer = rules_sha256(COMPILED_IN[1:])
    assert fewer != before


def test_a_changed_rule_is_compiled_anew(tmp_path: Path) -> None:
    """Only `core/rules.py` changes, which Numba itself does not look at; both states share one base directory."""
    copied = tmp_path / "src" / "jackline"
    shutil.copytree(SOURCE, copied, ignore=shutil.ignore_patterns("__pycache__", "web", "exchange", "world"))
    rules = copied / "core" / "rules.py"
    found = [_asked(tmp_path)]
    text = rules.read_text(encoding="utf-8")
    changed = text.replace(
        "return entry * (one - sign * distance_fraction)",
        "return entry * (one - sign * 2 * distance_fraction)",
    )
    assert changed != text
    rules.write_text(changed, encoding="utf-8")
    found.append(_asked(tmp_path))
    assert found == ["9900", "9800"]
    assert len(list((tmp_path / "cache").iterdir())) == 2


def _asked(place: Path) -> str:
    """The stop of 1 % under 10,000 ticks, by a compiled function that keeps its code on the disk.

    And nothing else is compiled before it is called.
    """
    code = (
        "import numba\n"
        "from jackline.core import rules\n"
        "from jackline.research.sweep import kernel\n"
        "from jackline.research.sweep import bar_rules\n"
        "kernel._offer(rules.stop_level, inlined=True)\n"
        "kernel._offer(bar_rules.up, inlined=True)\n"
        "kernel._offer(bar_rules.stop_ticks, inlined=True)\n"
        "numba.config.CACHE_DIR = str(kernel.cache_dir())\n"
        "stop = kernel._compiled(bar_rules.disaster_stop)\n"
        "loops = kernel.kernel()\n"
        "assert not any(getattr(loops, name).signatures for name in loops.__dataclass_fields__)\n"
        "print(stop(10_000, 1_000_000, 1))\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        cwd=place,
        env={
            **os.environ,
            "PYTHONPATH": str(place / "src"),
            compiling.CACHE_VARIABLE: str(place / "cache"),
        },
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_serial_and_parallel_loops_are_functions_of_their_own() -> None:
    """Numba keeps code by file, name and first line of a function, and not by how it was compiled."""
    loops: Any = kernel()  # compiled functions say more than that they can be called
    slots = [
        (one.py_func.__code__.co_filename, one.py_func.__qualname__, one.py_func.__code__.co_firstlineno)
        for one in (loops.serial_dense, loops.serial_sparse, loops.parallel_dense, loops.parallel_sparse)
    ]
    assert len(set(slots)) == len(slots)
    assert loops.parallel_dense.targetoptions["parallel"]
    assert not loops.serial_dense.targetoptions["parallel"]


def holds_an_array(kind: object) -> bool:
    """An array, or anything with one in it."""
    if get_origin(kind) is np.ndarray:
        return True
    if isinstance(kind, type) and hasattr(kind, "_fields"):
        return any(holds_an_array(field) for field in get_type_hints(kind).values())
    return any(holds_an_array(part) for part in get_args(kind))


@pytest.mark.parametrize("module", [bar_rules, loops, skipping, sharing])
def test_what_counts_no_arrays_gives_none_back(module: Any) -> None:
    """Who holds it would be one too few, and its memory might be freed under whoever reads it."""
    for function in vars(module).values():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            gives = holds_an_array(get_type_hints(function)["return"])
            assert gives <= (function in COUNTED), function.__name__


def test_an_array_within_a_value_is_found() -> None:
    assert holds_an_array(arrays.Market)
    assert holds_an_array(tuple[int, sharing.Entries])
    assert not holds_an_array(tuple[int, bool, bar_rules.Passage])
