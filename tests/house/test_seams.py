"""Time, identity, chance, threads and the order of sets: only listed adapter files touch them.

This is what lets a simulation be the whole world of a process, and replay it from one number.
"""

import builtins

import pytest

from tests.house.seams import BUILTINS, ITERATING, ORDER_FREE, Adapter, breaches
from tests.house.source import parse, sources

ROOMS = ("core", "venue", "store", "engine", "exchange", "strategies", "models", "world", "notify", "data")

ADAPTERS = (
    Adapter(
        files="engine/host.py",
        touches=frozenset({"random", "socket", "time", "os.getpid", "socket.gethostname"}),
        why="the World of a real host: all that a process learns of time, identity and chance",
    ),
    Adapter(
        files="store/host_disk.py",
        touches=frozenset({"threading", "time", "os.getpid"}),
        why="the Disk of a real host: one writer thread, and file names of this process",
    ),
    Adapter(
        files="store/postgres_disk.py",
        touches=frozenset({"threading", "time"}),
        why="a thread that follows the desk in a database, so that no loop ever waits for one; no simulation has it",
    ),
    Adapter(
        files="venue/addresses.py",
        touches=frozenset({"socket", "threading"}),
        why="asks the operating system what a name means, which may take ten seconds; part of the real network port",
    ),
    Adapter(
        files="exchange/feeds/draws.py",
        touches=frozenset({"random"}),
        why="streams of chance seeded by name, from which a market is drawn",
    ),
    Adapter(
        files="exchange/wire/server.py",
        touches=frozenset({"time"}),
        why="the local exchange as a process of its own: its wall clock",
    ),
    Adapter(
        files="exchange/wire/launch.py",
        touches=frozenset({"signal", "time", "os.getpid", "add_signal_handler"}),
        why="the same process: how it says that it is ready, and how it is told to stop",
    ),
    Adapter(
        files="notify/apprise_channel.py",
        touches=frozenset({"threading"}),
        why="a library that blocks, in threads of the alerts process: no engine or watchdog imports it",
    ),
    Adapter(
        files="world/*.py",
        touches=frozenset({"random.Random"}),
        why="chance seeded by the number of the run; the class alone, never the module's own stream",
    ),
    Adapter(
        files="world/loop.py",
        touches=frozenset({"run_in_executor", "add_signal_handler"}),
        why="refuses both: whoever asks for a thread or a signal has left the simulation",
    ),
)


def test_only_adapters_touch_what_a_simulation_replaces() -> None:
    files = sources(*(f"src/jackline/{room}" for room in ROOMS))
    assert list(breaches(files, ADAPTERS, "src/jackline/")) == []


def test_every_adapter_says_why() -> None:
    assert [adapter.files for adapter in ADAPTERS if len(adapter.why) < 20] == []


@pytest.mark.parametrize(
    "bad",
    [
        "import time",
        "import time as clock",
        "import concurrent.futures",
        "import multiprocessing.pool",
        "from random import Random",
        "from random import random as draw",
        "from uuid import uuid4",
        "import secrets",
        "from threading import Lock",
        "import socket",
        "import uvloop",
        "def f():\n    import time",
        "from random import Random\nstream = Random()",
        "import os\npid = os.getpid()",
        "import os as system\nsalt = system.urandom(8)",
        "from os import getpid\npid = getpid()",
        "from os import urandom as salt\nsalt(8)",
        "from datetime import datetime, UTC\nnow = datetime.now(UTC)",
        "import datetime\nnow = datetime.datetime.utcnow()",
        "import datetime as dt\nday = dt.date.today()",
        "from datetime import date\nday = date.today()",
        "key = hash('text')",
        "order = sorted(trades, key=id)",
        "import asyncio\nasync def f(): await asyncio.to_thread(print)",
        "from asyncio import to_thread\nasync def f(): await to_thread(print)",
        "async def f(loop): await loop.run_in_executor(None, print)",
        "class Loop:\n    def run_in_executor(self): ...",
        "async def f(loop): loop.add_signal_handler(15, print)",
        "for x in {1, 2}: ...",
        "for x in set(found): ...",
        "for x in frozenset(found): ...",
        "for x in {y for y in found}: ...",
        "for x in known - set(found): ...",
        "for x in known.difference(found): ...",
        "found = [x for x in set(known)]",
        "found = {x: 1 for x in set(known)}",
        "found = list(set(known))",
        "first = next(iter({1, 2}))",
        "text = ', '.join({'a', 'b'})",
        "both = [*{1, 2}]",
        "def f(found: set[int]):\n    for x in found: ...",
        "def f(found: frozenset[int] | None):\n    return tuple(found)",
        "def f():\n    found = set()\n    for x in found: ...",
        "def f():\n    found: set[int] = make()\n    return max(found)",
        "class C:\n    found: frozenset[int]\ndef f(c):\n    for x in c.found: ...",
        "class C:\n    def __init__(self):\n        self._found: set[int] = set()\n    def f(self):\n"
        "        return [x for x in self._found]",
    ],
)
def test_the_rule_rejects(bad: str) -> None:
    assert list(breaches([parse(bad)], [], ""))


@pytest.mark.parametrize(
    "good",
    [
        "from datetime import UTC, datetime\nday = datetime.fromtimestamp(given, UTC)",
        "now = clock.now()",
        "for x in sorted({1, 2}): ...",
        "for x in sorted(found - set(known)): ...",
        "found = {x for x in set(known)}",
        "known = any(x > 1 for x in set(found))",
        "count = len({1, 2})",
        "from random import Random\ndef draw(stream: Random) -> float: return stream.random()",
        "def f(found: dict[int, set[int]]):\n    for x in found: ...",
        "class C:\n    found: set[int]\nclass D:\n    found: list[int]\ndef f(d):\n    for x in d.found: ...",
    ],
)
def test_the_rule_accepts(good: str) -> None:
    chance = Adapter(files="*", touches=frozenset({"random.Random"}), why="")
    kept = [found for found in breaches([parse(good)], [chance], "") if "not touched" not in found]
    assert kept == []


def test_a_row_allows_its_files_and_its_names_only() -> None:
    row = Adapter(files="world/*.py", touches=frozenset({"random.Random"}), why="")
    inside = parse("from random import Random", "world/loop.py")
    outside = parse("from random import Random", "core/step.py")
    more = parse("import random\nimport time", "world/loop.py")
    assert list(breaches([inside], [row], "")) == []
    assert list(breaches([inside, outside], [row], "")) == ["core/step.py:1: random.Random"]
    assert list(breaches([inside, more], [row], "")) == ["world/loop.py:1: random", "world/loop.py:2: time"]


def test_a_row_that_nothing_uses_fails() -> None:
    row = Adapter(files="store/*.py", touches=frozenset({"time"}), why="")
    assert list(breaches([parse("", "store/db.py")], [row], "")) == [
        "store/*.py: time is allowed and not touched"
    ]


def test_the_built_in_names_exist() -> None:
    assert [name for name in BUILTINS | ORDER_FREE | ITERATING if not hasattr(builtins, name)] == []
