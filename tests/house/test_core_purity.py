"""`core` is pure: it is given time, ids and chance, and touches nothing outside itself."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.source import Source, calls, parse, sources

# An allow-list: a module that is not known to be pure has to be argued for here.
PURE = frozenset(
    "__future__ abc base64 bisect collections copy dataclasses datetime decimal enum fractions functools "
    "hashlib heapq itertools json math operator re statistics string struct types typing zlib".split()
)
IMPURE_CALLS = frozenset(
    f"{owner}.{call}"
    for owner in ("datetime", "date", "datetime.datetime", "datetime.date")
    for call in ("now", "utcnow", "today")
) | {
    "breakpoint",
    "exec",
    "eval",
    "input",
    "open",
    "print",
    "hash",
    "id",
    "__import__",
}  # hash and id vary by process


def impurities(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.Global):
            yield f"{source.name}:{node.lineno}: {type(node).__name__}"
        for module in modules:
            if module.split(".")[0] not in PURE and not f"{module}.".startswith("jackline.core."):
                yield f"{source.name}: imports {module}"
    for call, name in calls(source):
        if name in IMPURE_CALLS:
            yield f"{source.name}:{call.lineno}: calls {name}()"


def test_core_is_pure() -> None:
    assert [finding for source in sources("src/jackline/core") for finding in impurities(source)] == []


@pytest.mark.parametrize(
    "bad",
    [
        "import time",
        "import asyncio",
        "from random import Random",
        "import os.path",
        "import logging",
        "from uuid import uuid4",
        "import secrets",
        "from pydantic import BaseModel",
        "from jackline.venue import port",
        "def f():\n    import time",
        "from datetime import datetime\nnow = datetime.now()",
        "import datetime\nday = datetime.date.today()",
        "async def f(): ...",
        "text = open('x').read()",
    ],
)
def test_the_rule_rejects(bad: str) -> None:
    assert list(impurities(parse(bad)))


def test_the_rule_accepts_a_pure_module() -> None:
    good = "from datetime import UTC, datetime\nfrom jackline.core.values import Price\nimport math\n"
    assert list(impurities(parse(good))) == []
