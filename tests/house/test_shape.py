"""The shape of shipped code: files and functions one can hold in the head, and no assert that -O removes."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.source import Source, functions, parse, sources

FUNCTION_LINES_MAX = 70  # a screen; longer means two levels in one function
FILE_LINES_MAX = 350  # longer needs a table of contents, and then it is two files


def misshapen(source: Source) -> Iterator[str]:
    lines = source.text.count("\n") + (not source.text.endswith("\n"))
    if lines > FILE_LINES_MAX:
        yield f"{source.name}: {lines} lines, at most {FILE_LINES_MAX}"
    for function in functions(source):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES_MAX:
            yield f"{source.name}:{function.lineno}: {function.name} has {length} lines"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assert):
            yield f"{source.name}:{node.lineno}: a bare assert; use invariant(condition, code, **facts)"


def test_shipped_code_keeps_its_shape() -> None:
    assert [finding for source in sources("src/jackline") for finding in misshapen(source)] == []


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("def f():\n" + "    x = 1\n" * FUNCTION_LINES_MAX, id="long function"),
        pytest.param("async def f():\n" + "    x = 1\n" * FUNCTION_LINES_MAX, id="long coroutine"),
        pytest.param("x = 1\n" * (FILE_LINES_MAX + 1), id="long file"),
        pytest.param("def f(x):\n    assert x", id="bare assert"),
    ],
)
def test_the_rule_rejects(bad: str) -> None:
    assert len(list(misshapen(parse(bad)))) == 1


def test_the_rule_accepts_the_limits() -> None:
    assert not list(misshapen(parse("def f():\n" + "    x = 1\n" * (FUNCTION_LINES_MAX - 1))))
    assert not list(misshapen(parse("x = 1\n" * FILE_LINES_MAX)))
