"""No test sleeps: it waits for the thing itself, with the suite's timeout as its bound."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.source import Source, calls, parse, sources


def sleeps(source: Source) -> Iterator[str]:
    """Calls of anything named sleep; `asyncio.sleep(0)` only yields to the loop and is fine."""
    for call, name in calls(source):
        only_yields = name == "asyncio.sleep" and [ast.unparse(argument) for argument in call.args] == ["0"]
        if name.split(".")[-1] == "sleep" and not only_yields:
            yield f"{source.name}:{call.lineno}: {ast.unparse(call)}"


def test_no_test_sleeps() -> None:
    assert [finding for source in sources("tests") for finding in sleeps(source)] == []


@pytest.mark.parametrize(
    "bad",
    ["time.sleep(0.1)", "time.sleep(0)", "await asyncio.sleep(0.01)", "from time import sleep\nsleep(1)"],
)
def test_the_rule_rejects(bad: str) -> None:
    assert list(sleeps(parse("async def f():\n    " + bad.replace("\n", "\n    "))))


def test_the_rule_accepts_a_yield_to_the_loop() -> None:
    assert not list(sleeps(parse("async def f():\n    await asyncio.sleep(0)")))
