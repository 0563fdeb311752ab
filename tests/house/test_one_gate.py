"""Every request to a venue leaves through the gate: a file that hands bytes to a wire is listed, and a signer asks it.

The lease of an account is worth what this is worth: a path around the gate would be one that a zombie can take (C3).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import pytest

from tests.house.source import Source, calls, functions, parse, sources

SENDERS = {
    "src/jackline/venue/aiohttp_net.py": "the wire itself",
    "src/jackline/venue/transport/signed.py": "what `sign` has shown to the gate",
    "src/jackline/venue/binance/order_socket.py": "a frame that `sign` has shown to the gate",
    "src/jackline/venue/bingx/packed.py": "subscriptions and pongs of streams, which carry no order",
}
"""Files of the venue room that give bytes to a pool or a socket, and why what they give has passed."""
OUTGOING = (".fetch", "socket.send", "pool.send", "_socket.send", ".send_str", ".send_bytes", ".request")
CHECKS = ("_gate.check", "_framing.check", "super().sign")


def senders(files: Iterable[Source]) -> Iterator[str]:
    """Files that call anything which puts bytes on a wire."""
    for source in files:
        if any(
            name.endswith(OUTGOING) and "_lanes[" not in ast.unparse(call) for call, name in calls(source)
        ):
            yield source.name


def _signs(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Ccxt's hook, which is given a request; not the sign of a number, which is given nothing."""
    return function.name == "sign" and bool(function.args.args[1:] or function.args.vararg)


def unchecked(files: Iterable[Source]) -> Iterator[str]:
    """Signers that a request could leave by without having been looked at."""
    for source in files:
        for function in functions(source):
            if not _signs(function):
                continue
            said = ast.unparse(function)
            signs = said.count("return ")
            if signs == 0 or sum(said.count(check) for check in CHECKS) < signs:
                yield f"{source.name}:{function.lineno}"


def test_only_listed_files_put_bytes_on_a_wire() -> None:
    assert set(senders(sources("src/jackline/venue"))) == set(SENDERS)


def test_every_signer_asks_the_gate_before_it_returns() -> None:
    files = list(sources("src/jackline"))
    signers = [source.name for source in files for function in functions(source) if _signs(function)]
    assert signers == ["src/jackline/venue/binance/wire.py", "src/jackline/venue/transport/signed.py"]
    assert list(unchecked(files)) == []


@pytest.mark.parametrize(
    "bad",
    [
        "def sign(self, p):\n    return {'url': p}",
        "def sign(self, p):\n    if p:\n        return 1\n    self._gate.check(p)\n    return p",
    ],
)
def test_the_rule_rejects_a_signer(bad: str) -> None:
    assert list(unchecked([parse(bad)])) != []


@pytest.mark.parametrize(
    "bad",
    [
        "async def f(pool):\n    await pool.fetch('POST', 'u', {}, None)",
        "async def f(s):\n    await s._socket.send('x')",
    ],
)
def test_the_rule_rejects_a_sender(bad: str) -> None:
    assert list(senders([parse(bad)])) != []
