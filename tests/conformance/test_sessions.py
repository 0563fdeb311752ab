"""Sessions by other people's clients, unmodified, each in an environment of its own, against a served exchange.

Each is a trader's script that opens, protects, trails, closes and lists, and whose arguments are an address and its
keys: nothing else of it is meant for this exchange. Long: packages are installed from their locks. What each client
said is written down beside this file, and said again by the short tests.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conformance import sessions

LOCKS = Path(__file__).parent
REQUIREMENTS = LOCKS.parent.parent / "requirements.lock"


@pytest.mark.long
@pytest.mark.timeout(sessions.TEST_TIMEOUT_S)
async def test_python_binance_opens_protects_trails_closes_and_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await sessions.run(sessions.PYTHON_BINANCE, monkeypatch)
    assert told["entry"] == ["FILLED", "0.010"]
    assert set(told["events"]) <= {"ALGO_UPDATE", "TRADE_LITE", "ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"}
    assert (told["position"], told["stops"], told["close"], told["flat"]) == ("0.010", 1, True, True)
    assert (told["trades"], told["left"]) == (["BUY", "SELL"], [])


@pytest.mark.long
@pytest.mark.timeout(sessions.TEST_TIMEOUT_S)
async def test_the_official_sdk_opens_protects_trails_closes_and_lists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = await sessions.run(sessions.BINANCE_SDK, monkeypatch)
    assert (told["entry"], told["position"], told["open"]) == (["FILLED", "0.010"], "0.010", 0)
    assert (told["resting"], told["stops"]) == ("NEW", ["59500.0"])
    assert {"AlgoUpdate", "TradeLite", "OrderTradeUpdate", "AccountUpdate"} <= set(told["events"])
    assert (told["flat"], told["trades"], told["left"]) == (True, ["BUY", "SELL"], 0)


@pytest.mark.long
@pytest.mark.timeout(sessions.TEST_TIMEOUT_S)
async def test_ccxt_opens_protects_trails_closes_and_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await sessions.run(sessions.CCXT, monkeypatch)
    assert (told["entry"], told["position"]) == (["closed", 0.01, 60_000], ["long", 0.01, "isolated"])
    assert (told["open"], told["stops"], told["resting"]) == ([], [59_000], "open")
    assert (told["close"], told["flat"], told["trades"]) == ("closed", True, ["buy", "sell"])
    assert (told["orders"], told["left"]) == (["closed", "canceled", "closed"], [])


@pytest.mark.long
@pytest.mark.timeout(sessions.TEST_TIMEOUT_S)
async def test_ccxt_pro_opens_protects_trails_closes_and_lists_over_sockets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = await sessions.run(sessions.CCXT_PRO, monkeypatch)
    assert (told["price"], told["mark"], told["trade"]) == (60_000, 60_000, 60_000)
    assert (told["entry"], told["position"], told["stops"]) == (["closed", 0.01], 0.01, [59_000])
    assert (told["moved"], told["close"], told["flat"], told["left"]) == (61_100, "closed", True, [])


@pytest.mark.long
@pytest.mark.timeout(sessions.TEST_TIMEOUT_S)
async def test_ccxt_opens_protects_trails_closes_and_lists_on_the_bingx_wire(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = await sessions.run(sessions.CCXT_BINGX, monkeypatch)
    assert (told["entry"], told["position"]) == (["closed", 0.01, 60_000], ["long", 0.01])
    assert (told["heard"], told["stop"], told["trailed"]) == ([["buy", 0.01]], [59_000, True, None], 59_500)
    assert (told["close"], told["flat"], told["trades"], told["left"]) == (
        "closed", True, ["buy", "sell"], [],
    )  # fmt: skip


def test_the_ccxt_of_the_sessions_is_the_one_we_ship_with() -> None:
    """And everything under it: the lock is cut with requirements.lock as its constraint."""
    ours, theirs = (
        set(re.findall(r"^[\w-]+==\S+", lock.read_text(encoding="utf-8"), re.MULTILINE))
        for lock in (REQUIREMENTS, LOCKS / "ccxt.lock")
    )
    assert any(line.startswith("ccxt==") for line in theirs)
    assert theirs <= ours
