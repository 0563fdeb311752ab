"""A user's strategy: one Python file, loaded by its path, with one class that satisfies `core.ports.Strategy`.

Only the engine loads it, and `jackline config`, which says what an engine would. No other command runs a user's code:
what closes everything must work with a broken strategy.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from jackline.core.orders import Bar
from jackline.core.ports import WARMUP_BARS_MAX, Signal
from jackline.strategies.building import Declaring, build, declared
from jackline.strategies.from_file import FromFile
from jackline.strategies.parameters import ParametersRefused

FILE_BYTES_MAX = 1_000_000
"""A strategy is a page or two; a file this long is something else."""
DIGEST_CHARS = 8
"""Of the content's SHA-256: enough to see that a file has changed."""
NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
SHAPE = "jackline strategy new FILE writes one that works"
"""Where to see what a strategy looks like."""

Value = TypeVar("Value")


class StrategyFileRefused(Exception):
    """The file gives no strategy: what is wrong with it, and the fix."""

    def __init__(self, what: str, fix: str) -> None:
        self.what = what
        self.fix = fix
        super().__init__(f"{what}. Fix: {fix}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLoaded:
    """Stands for a user's strategy in a process that never asks it: the watchdog, and every command but the engine."""

    name: str
    warmup_bars: int = 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """Nothing, ever."""
        return None


def load_strategy(path: Path, parameters: Mapping[str, object]) -> FromFile:
    """Run the file and build the strategy that it defines.

    Raises:
        StrategyFileRefused: the file cannot be read or run, or does not define exactly one strategy of the right shape.
        ParametersRefused: unknown, mistyped or out-of-range parameters, all of them at once.
    """
    content = _read(path)
    digest = hashlib.sha256(content).hexdigest()[:DIGEST_CHARS]
    kind = _only_strategy(path, _run(path, content, f"jackline_strategy_{digest}"))
    _check_class(kind)
    strategy = _asked(path, f"{kind.__name__}()", lambda: build(kind, kind.__name__, parameters))
    name: object = _asked(path, f"{kind.__name__}.name", lambda: strategy.name)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        what = f"{kind.__name__}.name is {name!r}"
        raise StrategyFileRefused(what, "a to z, 0 to 9, _ and -, at most 32, beginning with a letter")
    warmup_bars = _asked(path, f"{kind.__name__}.warmup_bars", lambda: strategy.warmup_bars)
    if type(warmup_bars) is not int or not 1 <= warmup_bars <= WARMUP_BARS_MAX:
        what = f"{kind.__name__}.warmup_bars is {warmup_bars!r}, and an engine keeps {WARMUP_BARS_MAX} bars"
        raise StrategyFileRefused(
            what, f"allowed: 1 … {WARMUP_BARS_MAX}; look at fewer, or choose longer bars"
        )
    return FromFile(strategy=strategy, name=f"{name}@{digest}", warmup_bars=warmup_bars)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        fix = f"give its path from the configuration file; {SHAPE}"
        raise StrategyFileRefused(f"cannot be read: {error.strerror}", fix) from None
    if len(content) > FILE_BYTES_MAX:
        raise StrategyFileRefused(f"longer than {FILE_BYTES_MAX} bytes", "give the strategy's own file")
    return content


def _run(path: Path, content: bytes, name: str) -> ModuleType:
    """The file as a module: the very bytes that were hashed, and nothing is cached beside it."""
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # a dataclass looks for the module of its annotations there
    try:
        code = compile(content, path, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 # the user's own file, which he has named
    except SyntaxError as error:
        what = f"line {error.lineno}: {error.msg}"
        raise StrategyFileRefused(what, "correct the line named; it is not Python") from None
    except ImportError as error:
        fix = "one file: it may import jackline, what is installed, and nothing that lies beside it"
        raise StrategyFileRefused(_told(path, error), fix) from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 # the user's code: it is told what it raised
        raise StrategyFileRefused(_told(path, error), "correct the line named") from None
    return module


def _only_strategy(path: Path, module: ModuleType) -> type[Declaring]:
    """The one class of the file that has `signal`. What it imports does not count."""
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "signal")
    ]
    names = sorted({kind.__name__ for kind in found})
    if not names:
        raise StrategyFileRefused("it defines no class with a method signal(self, bars)", SHAPE)
    if len(names) > 1:
        what = f"it defines {len(names)} strategies: {', '.join(names)}"
        raise StrategyFileRefused(what, f"one file, one strategy: move all but one out of {path.name}")
    kind: type[Declaring] = found[0]
    return kind


def _check_class(kind: type[Declaring]) -> None:
    """Its shape, as far as that can be seen before it runs."""
    settings: Any = getattr(kind, "__dataclass_params__", None)
    if settings is None or not settings.frozen:
        what = f"{kind.__name__} is not a frozen dataclass: it could remember one bar at the next"
        raise StrategyFileRefused(
            what, f"write @dataclass(frozen=True, slots=True, kw_only=True) above it; {SHAPE}"
        )
    for needed in ("name", "warmup_bars"):
        if not hasattr(kind, needed):
            raise StrategyFileRefused(f"{kind.__name__} has no {needed}", f"add it as a property; {SHAPE}")
    try:
        declared(kind)
    except TypeError as error:
        raise StrategyFileRefused(f"{kind.__name__}.{error}", "correct the field named") from None
    signal = kind.signal
    if inspect.iscoroutinefunction(signal) or inspect.isgeneratorfunction(signal) or not _takes_bars(signal):
        what = f"{kind.__name__}.signal is not called with the bars alone"
        raise StrategyFileRefused(
            what, "def signal(self, bars: Sequence[Bar]) -> Signal | None, neither async nor yield"
        )


def _takes_bars(signal: Callable[..., object]) -> bool:
    try:
        inspect.signature(signal).bind("self", "bars")
    except (TypeError, ValueError):
        return False
    return True


def _asked(path: Path, what: str, ask: Callable[[], Value]) -> Value:
    """What the user's code answers; what it raises becomes a refusal that names the line."""
    try:
        return ask()
    except ParametersRefused:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 # the user's code: it is told what it raised
        raise StrategyFileRefused(f"{what} raises {_told(path, error)}", "correct the line named") from None


def _told(path: Path, error: BaseException) -> str:
    """What was raised, and in which line of the user's file: the last one that is his."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    words = traceback.format_exception_only(error)[-1].strip()
    return f"line {lines[-1]}: {words}" if lines else words
