"""Every place where a coroutine of `engine` or `venue` may be suspended, and which of them a process stands at.

A process that is killed is killed between two steps of its loop, with each of its tasks suspended somewhere: those
places are its crash points. They are read from the source, so that a new one is known before any run has met it.
"""

from __future__ import annotations

import ast
import asyncio
import dis
import gc
import inspect
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType

ROOMS = ("engine", "venue")
PRODUCTION_ONLY: Mapping[str, str] = {
    "venue/addresses.py": "the names of real hosts; part of the next one",
    "venue/aiohttp_net.py": "real sockets; a simulated world puts its own network in their place",
    "engine/key_questions.py": "a program of the host, which a simulated world has none of; nothing waits for it",
}
"""Files of the rooms that no simulated process runs, each with its reason."""
NEVER_SUSPEND: Mapping[str, str] = {
    "asyncio.timeout": "entering and leaving it only sets and clears a timer",
}
"""Calls whose `async with` hands nothing to the loop, each with its reason."""
STAY_INSIDE: Mapping[str, str] = {
    "asyncio.sleep(": "a timer of the loop",
    "stop.wait()": "the order to stop, set by a signal handler",
    "inbox.get()": "events of this process, put by its own tasks",
    "self._filled.wait()": "the same, inside the inbox",
    "self._wanted.get()": "a queue between two tasks of this process",
    "self._frames.get()": "the same, of frames that have arrived",
    "changed.wait()": "an event between two tasks of this process",
    "self._keys.replaced(": "only waits for that event",
    "self._at_rest.wait()": "an event between two tasks of this process",
    "self._opener.settle(": "only waits for that event",
    "self._markets.scan.event(": "only waits for them, and strategies are asked meanwhile",
    "self._moved.wait()": "an event between two tasks of this process, or a timer",
    "self._heard.wait()": "an event between two tasks of this process",
    "self._doubted.wait()": "an event between two tasks of this process",
    "self._crashed": "a future that this process's own loop fails",
    "async with self._turn": "a lock between tasks of this process",
    "asyncio.wait((due, stopped)": "two tasks of its own: that order, and a look at its own state",
    "asyncio.get_running_loop().create_future()": "waits for its own cancellation",
}
"""Awaits that end by what this process does itself, by the beginning of their text, each with its reason. Any other
counts as leaving the process, also where it only waits for another await that does."""

ONLY_PEOPLE_ASK = frozenset(
    {"FactReader.symbol", "SymbolSettings.symbol", "BinanceVenue.read_symbol", "BingxVenue.read_symbol"}
)
"""What `jackline doctor` asks, and no process that trades: nothing is lost with whoever dies there."""

Span = tuple[int, int, int, int]
"""First line, last line, first column, end column of a node, as both the parser and the compiler give them."""
_Suspending = ast.Await | ast.AsyncWith | ast.AsyncFor


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashPoint:
    """One await, `async with` or `async for`.

    Equal by everything but its place in the file, so that edits elsewhere do not make another point of it.

    Attributes:
        file: relative to the package, e.g. ``engine/inbox.py``.
        qualname: of the function around it.
        text: what is awaited, as the parser writes it.
        ordinal: counts equal texts of one function from 1.
        line: where it begins today.
    """

    file: str
    qualname: str
    text: str
    ordinal: int
    line: int = field(compare=False)

    @property
    def key(self) -> str:
        """Its name in reports."""
        return f"{self.file} {self.qualname}: {self.text} #{self.ordinal}"


class Inventory:
    """The crash points of one source tree."""

    def __init__(self, root: Path) -> None:
        """`root`: the directory of the package. Raises FileNotFoundError where a room has no file."""
        self._root = f"{root.resolve()}/"
        self._places: dict[tuple[str, Span], CrashPoint] = {}
        for room in ROOMS:
            files = sorted((root / room).rglob("*.py"))
            if not files:
                raise FileNotFoundError(f"{root / room} holds no Python file")
            for path in files:
                name = path.relative_to(root).as_posix()
                if name not in PRODUCTION_ONLY:
                    self._places.update(_read(name, path.read_text(encoding="utf-8")))
        self._offsets: dict[CodeType, Mapping[int, CrashPoint]] = {}

    @property
    def points(self) -> tuple[CrashPoint, ...]:
        """In the order of files and lines."""
        return tuple(self._places.values())

    def suspended_at(self, task: asyncio.Task[object]) -> list[CrashPoint]:
        """Where a task stands that is not running now, outermost first; empty where it is in neither room.

        What it waits for inside another task is that task's to tell.
        """
        found = []
        for frame in _frames(task.get_coro()):
            point = self.within(frame.f_code).get(frame.f_lasti)
            if point is not None:
                found.append(point)
        return found

    def within(self, code: CodeType) -> Mapping[int, CrashPoint]:
        """The points of one function by the offset of the instruction that suspends it."""
        known = self._offsets.get(code)
        if known is None:
            known = self._offsets[code] = self._map(code)
        return known

    def _map(self, code: CodeType) -> Mapping[int, CrashPoint]:
        if not code.co_filename.startswith(self._root):
            return {}
        name = code.co_filename.removeprefix(self._root)
        places = ((offset, self._places.get((name, span))) for offset, span in suspensions(code))
        return {offset: point for offset, point in places if point is not None}


@cache
def _ours() -> Inventory:
    return Inventory(Path(__file__).resolve().parents[1])


def inventory() -> tuple[CrashPoint, ...]:
    """All crash points of the code that is running."""
    return _ours().points


def suspended_at(task: asyncio.Task[object]) -> list[CrashPoint]:
    """`Inventory.suspended_at` of the code that is running."""
    return _ours().suspended_at(task)


def leaves_process(point: CrashPoint) -> bool:
    """False where the await ends by what this process does itself, or is no process's that trades."""
    return point.qualname not in ONLY_PEOPLE_ASK and not point.text.startswith(tuple(STAY_INSIDE))


def suspensions(code: CodeType) -> Iterator[tuple[int, Span]]:
    """Offset and place of each instruction at which an asynchronous function stands while it awaits."""
    if not code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return
    places = list(code.co_positions())
    # An await sends into what it waits for, and what that hands up it yields in the next instruction.
    for before, instruction in pairwise(dis.get_instructions(code)):
        if before.opname == "SEND":
            first, last, column, end = places[instruction.offset // 2]
            if first is not None and last is not None and column is not None and end is not None:
                yield instruction.offset, (first, last, column, end)


def _read(file: str, text: str) -> Iterator[tuple[tuple[str, Span], CrashPoint]]:
    seen: Counter[tuple[str, str]] = Counter()
    for node, qualname in sorted(_nodes(ast.parse(text), ""), key=lambda found: _span(found[0])):
        awaited = _text(node)
        if awaited is None:
            continue
        seen[qualname, awaited] += 1
        point = CrashPoint(
            file=file,
            qualname=qualname,
            text=awaited,
            ordinal=seen[qualname, awaited],
            line=node.lineno,
        )
        yield (file, _span(node)), point


def _nodes(parent: ast.AST, qualname: str) -> Iterator[tuple[_Suspending, str]]:
    for node in ast.iter_child_nodes(parent):
        inner = qualname
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            outer = (
                f"{qualname}.<locals>"
                if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef)
                else qualname
            )
            inner = f"{outer}.{node.name}" if outer else node.name
        elif isinstance(node, _Suspending):
            yield node, qualname
        yield from _nodes(node, inner)


def _text(node: _Suspending) -> str | None:
    """What the point is called; None where it never suspends."""
    if isinstance(node, ast.Await):
        return ast.unparse(node.value)
    if isinstance(node, ast.AsyncFor):
        return f"async for {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
    entered = [item.context_expr for item in node.items if not _never_suspends(item.context_expr)]
    return f"async with {', '.join(map(ast.unparse, entered))}" if entered else None


def _never_suspends(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Call) and ast.unparse(expression.func) in NEVER_SUSPEND


def _span(node: _Suspending) -> Span:
    if node.end_lineno is None or node.end_col_offset is None:
        raise ValueError(f"line {node.lineno}: the parser gave no end")
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def _frames(awaited: object) -> Iterator[FrameType]:
    """Frames of a chain of awaits, outermost first."""
    while awaited is not None:
        frame: FrameType | None = None
        match awaited:
            case CoroutineType():
                frame, awaited = awaited.cr_frame, awaited.cr_await
            case AsyncGeneratorType():
                frame, awaited = awaited.ag_frame, awaited.ag_await
            case GeneratorType():
                frame, awaited = awaited.gi_frame, awaited.gi_yieldfrom
            case _:
                awaited = _wrapped(awaited)
        if frame is not None:
            yield frame


def _wrapped(wrapper: object) -> object | None:
    """What one step of an asynchronous generator runs: the interpreter tells it to the garbage collector only."""
    inner = (CoroutineType, AsyncGeneratorType, GeneratorType)
    return next((held for held in gc.get_referents(wrapper) if isinstance(held, inner)), None)
