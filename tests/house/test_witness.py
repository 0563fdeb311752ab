"""The local exchange is an independent witness: no function of it is a copy of one in `core`."""

import ast
from collections.abc import Iterable, Iterator

from tests.house.source import Source, functions, parse, sources

COPY_LINES_MIN = 6  # shorter bodies are alike because there is only one way to write them


def bodies(files: Iterable[Source]) -> Iterator[tuple[str, str]]:
    """(the body without its docstring, where it stands) of every function long enough to be a copy."""
    for source in files:
        for function in functions(source):
            body = function.body[ast.get_docstring(function) is not None :]
            if body and (body[-1].end_lineno or 0) - body[0].lineno + 1 >= COPY_LINES_MIN:
                yield "\n".join(map(ast.dump, body)), f"{source.name}:{function.lineno}: {function.name}"


def copies(first: Iterable[Source], second: Iterable[Source]) -> list[tuple[str, str]]:
    known = dict(bodies(first))
    return [(known[body], where) for body, where in bodies(second) if body in known]


def test_exchange_and_core_share_no_code() -> None:
    core, exchange = sources("src/jackline/core"), sources("src/jackline/exchange")
    assert list(bodies(core)), "core has no function to compare"
    assert list(bodies(exchange)), "exchange has no function to compare"
    assert copies(core, exchange) == []


def test_the_rule_sees_a_copy_under_another_name_and_docstring() -> None:
    body = "".join(f"    x{number} = {number}\n" for number in range(COPY_LINES_MIN))
    first, second = parse("def f():\n" + body), parse("class C:\n  def g():\n    'Says otherwise.'\n" + body)
    assert len(copies([first], [second])) == 1
    assert copies([first], [parse("def f():\n" + body.replace("x0 = 0", "x0 = 9"))]) == []
