"""Crash points: all of them are known from the source, under names that last, and a standing task finds its own."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType

import pytest

import jackline.world.crash_points as home
from jackline.engine.inbox import Inbox
from jackline.world.crash_points import (
    NEVER_SUSPEND,
    PRODUCTION_ONLY,
    ROOMS,
    STAY_INSIDE,
    CrashPoint,
    Inventory,
    inventory,
    leaves_process,
    suspended_at,
    suspensions,
)

PACKAGE = Path(home.__file__).resolve().parents[1]

SNIPPET = '''
import asyncio
from contextlib import asynccontextmanager


class Desk:
    def __init__(self, ask):
        self.ask = ask

    async def send(self):
        """Waits twice for the same thing, and once over several lines."""
        await self.ask(1)
        await self.ask(1)
        return [await self.ask(2), await self.ask(
            3,
        )]

    async def outer(self):
        async with asyncio.timeout(60), asyncio.TaskGroup():
            async with asyncio.timeout(60):
                await self.send()

    async def follow(self):
        async with self.held():
            async for number in self.numbers():
                await self.ask(number)

    @asynccontextmanager
    async def held(self):
        await self.ask("enter")
        yield
        await self.ask("leave")

    async def numbers(self):
        await self.ask("more")
        yield 7

    async def nested(self):
        async def inner():
            await self.ask("inner")

        await inner()
'''


class Doors:
    """Each ask waits until it is let through."""

    def __init__(self) -> None:
        self.waiting: asyncio.Future[None] | None = None

    async def ask(self, _: object) -> None:
        self.waiting = asyncio.get_running_loop().create_future()
        await self.waiting

    def open(self) -> None:
        assert self.waiting is not None
        self.waiting.set_result(None)


def tree(root: Path, snippet: str = SNIPPET) -> Inventory:
    for room in ROOMS:
        (root / room).mkdir(exist_ok=True)
        (root / room / "__init__.py").touch()
    (root / "engine/desk.py").write_text(snippet)
    return Inventory(root)


def load(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("desk_of_a_test", root / "engine/desk.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def stands(known: Inventory, root: Path, method: str) -> list[list[tuple[str, str, int]]]:
    """Where a task stands before each door it meets."""
    doors = Doors()
    found: list[list[tuple[str, str, int]]] = []
    task: asyncio.Task[object] = asyncio.ensure_future(getattr(load(root).Desk(doors.ask), method)())
    assert known.suspended_at(task) == []
    while True:
        for _ in range(3):
            await asyncio.sleep(0)
        if task.done():
            await task
            return found
        found.append([(point.qualname, point.text, point.ordinal) for point in known.suspended_at(task)])
        doors.open()


async def test_a_standing_task_finds_its_awaits_outermost_first(tmp_path: Path) -> None:
    outer = [("Desk.outer", "self.send()", 1)]
    assert await stands(tree(tmp_path), tmp_path, "outer") == [
        [*outer, ("Desk.send", "self.ask(1)", 1)],
        [*outer, ("Desk.send", "self.ask(1)", 2)],
        [*outer, ("Desk.send", "self.ask(2)", 1)],
        [*outer, ("Desk.send", "self.ask(3)", 1)],
    ]


async def test_generators_and_managers_are_looked_through(tmp_path: Path) -> None:
    held = ("Desk.follow", "async with self.held()", 1)
    assert await stands(tree(tmp_path), tmp_path, "follow") == [
        [held, ("Desk.held", "self.ask('enter')", 1)],
        [("Desk.follow", "async for number in self.numbers()", 1), ("Desk.numbers", "self.ask('more')", 1)],
        [("Desk.follow", "self.ask(number)", 1)],
        [held, ("Desk.held", "self.ask('leave')", 1)],
    ]
    assert await stands(tree(tmp_path), tmp_path, "nested") == [
        [("Desk.nested", "inner()", 1), ("Desk.nested.<locals>.inner", "self.ask('inner')", 1)]
    ]


async def test_a_task_group_is_a_point_while_it_waits_for_its_children(tmp_path: Path) -> None:
    snippet = (
        "import asyncio\nclass Desk:\n  def __init__(self, ask):\n    self.ask = ask\n  async def both(self):\n"
        "    async with asyncio.TaskGroup() as group:\n      group.create_task(self.ask(1))\n"
    )
    assert await stands(tree(tmp_path, snippet), tmp_path, "both") == [
        [("Desk.both", "async with asyncio.TaskGroup()", 1)]
    ]


def test_a_name_outlives_edits_elsewhere_and_a_new_await_shows(tmp_path: Path) -> None:
    before = tree(tmp_path).points
    moved = tree(
        tmp_path, "# a line more\n" + SNIPPET.replace("2), await", "2),  # why\n            await")
    ).points
    assert before == moved
    assert [point.line for point in before] != [point.line for point in moved]
    more = tree(tmp_path, SNIPPET.replace("await inner()", "await inner(); await self.ask(8)")).points
    assert [point.key for point in more if point not in before] == [
        "engine/desk.py Desk.nested: self.ask(8) #1"
    ]
    assert len(more) == len(before) + 1


def test_a_tree_without_the_rooms_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Inventory(tmp_path)


# -- the real rooms ----------------------------------------------------------------------------------------


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def unknown_suspensions(root: Path, known: Inventory) -> Iterator[str]:
    """What the compiler says can suspend and the inventory does not know."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            if path.relative_to(root).as_posix() in PRODUCTION_ONLY:
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            for code in codes(compile("\n".join(lines), str(path), "exec")):
                points = known.within(code)
                for offset, (first, *_) in suspensions(code):
                    text = lines[first - 1].strip()
                    silent = any(text.startswith(f"async with {name}(") for name in NEVER_SUSPEND)
                    if offset not in points and not silent:
                        yield f"{path}:{first}: {text}"


def test_the_compiler_knows_no_point_that_the_inventory_does_not() -> None:
    assert len(inventory()) > 100
    assert list(unknown_suspensions(PACKAGE, Inventory(PACKAGE))) == []


def test_that_comparison_sees_what_the_inventory_cannot_read(tmp_path: Path) -> None:
    known = tree(tmp_path, "async def f(g):\n    return [await g() for _ in range(2)]\n")
    assert len(list(unknown_suspensions(tmp_path, known))) > 0


def test_a_new_await_in_a_copy_of_the_rooms_is_a_new_point(tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(PACKAGE / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    before = set(Inventory(tmp_path).points)
    assert before == set(inventory())
    path = tmp_path / "engine/inbox.py"
    path.write_text(
        path.read_text() + "\n\nasync def late(venue: object) -> None:\n    await venue.close()\n"
    )
    (new,) = set(Inventory(tmp_path).points) - before
    assert new.key == "engine/inbox.py late: venue.close() #1"
    assert leaves_process(new)


async def test_a_real_task_stands_at_a_real_point() -> None:
    task: asyncio.Task[object] = asyncio.ensure_future(Inbox().get())
    await asyncio.sleep(0)
    (point,) = suspended_at(task)
    assert (point.file, point.qualname) == ("engine/inbox.py", "Inbox.get")
    assert not leaves_process(point)
    task.cancel()


def test_names_are_unique() -> None:
    keys = [point.key for point in inventory()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("text", STAY_INSIDE)
def test_no_row_of_the_local_awaits_is_stale(text: str) -> None:
    assert [point for point in inventory() if point.text.startswith(text)]
    assert STAY_INSIDE[text]


@pytest.mark.parametrize("name", PRODUCTION_ONLY)
def test_no_row_of_the_production_only_files_is_stale(name: str) -> None:
    assert "await " in (PACKAGE / name).read_text(encoding="utf-8")
    assert not [point for point in inventory() if point.file == name]


@pytest.mark.parametrize("name", NEVER_SUSPEND)
def test_no_row_of_what_never_suspends_is_stale(name: str) -> None:
    used = [
        path
        for room in ROOMS
        for path in (PACKAGE / room).rglob("*.py")
        if f"async with {name}(" in path.read_text()
    ]
    assert used


@pytest.mark.parametrize(
    ("is_wanted", "leaves"),
    [
        (lambda point: "self._pool.fetch(" in point.text, True),
        (lambda point: "net.connect(" in point.text, True),
        (lambda point: point.qualname == "OrderDesk._enter", True),
        (lambda point: point.text == "written", True),
        (lambda point: point.text.startswith("asyncio.sleep("), False),
    ],
    ids=["request", "dial", "entry", "disk", "timer"],
)
def test_what_leaves_the_process(is_wanted: Callable[[CrashPoint], bool], leaves: bool) -> None:
    wanted = [point for point in inventory() if is_wanted(point)]
    assert wanted
    assert {leaves_process(point) for point in wanted} == {leaves}
