"""A picture of the account that cannot be made stops nothing: the engine protects, and the page says how old it is."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.events import ExitSignalled
from jackline.core.state import State
from jackline.core.values import Fraction, MarketMs, Quantity, Symbol
from jackline.engine.clock import TwoClocks
from jackline.engine.heartbeat import Heartbeat
from jackline.engine.host import HostWorld
from jackline.engine.publisher import OPINIONS_MAX, Publisher
from jackline.store import published
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import Scope
from tests.core.making import cold_state
from tests.core.test_phases import ended
from tests.web.browser import buy
from tests.web.house import House, house

BEAT = Heartbeat(
    pid=1,
    wire_ms=2,
    market_ms=3,
    turns=4,
    inbox=5,
    loop_lag_ms=6,
    journal_lag_ms=7,
    ready=True,
    risky=(),
    unheard_since_ms=0,
)


def test_what_a_model_says_is_shown_of_what_is_open_and_bounded(tmp_path: Path) -> None:
    trade = replace(ended(), quantity=Quantity(Decimal(1)))
    state = replace(cold_state(), trades={trade.trade_id: trade})
    publisher = Publisher(
        disk=HostDisk(),
        state_dir=tmp_path,
        fence=1,
        clock=TwoClocks(HostWorld()),
        view=lambda: state,
        bots={},
    )
    for at in range(2 * OPINIONS_MAX):
        for symbol in (trade.symbol, Symbol("XRPUSDT")):
            publisher.note(
                ExitSignalled(
                    symbol=symbol,
                    side=trade.side,
                    confidence=Fraction(Decimal("0.5")),
                    market_ms=MarketMs(at),
                    bar_ms=1,
                )
            )
    publisher.publish(BEAT)
    shown = published.read(HostDisk(), tmp_path)
    assert shown is not None
    assert {one.symbol for one in shown.opinions} == {trade.symbol}
    assert [one.market_ms for one in shown.opinions] == list(range(OPINIONS_MAX, 2 * OPINIONS_MAX))


@pytest.mark.owns("L2")
def test_L2_a_state_that_cannot_be_pictured_is_told_and_raises_nothing(tmp_path: Path) -> None:
    def view() -> State:
        raise ZeroDivisionError

    publisher = Publisher(
        disk=HostDisk(), state_dir=tmp_path, fence=1, clock=TwoClocks(HostWorld()), view=view, bots={}
    )
    for _ in range(3):
        publisher.publish(BEAT)
    assert published.read(HostDisk(), tmp_path) is None


async def page(home: House) -> str:
    """The front page, as somebody who has logged in by the form gets it."""
    form = {"token": home.tokens[Scope.READ], "next": "/"}
    async with home.http.post(f"{home.url}/login", data=form, allow_redirects=False) as entered:
        cookie = entered.headers["set-cookie"].partition(";")[0]
    async with home.http.get(f"{home.url}/", headers={"Cookie": cookie}) as answer:
        return await answer.text()


@pytest.mark.owns("L2", "P1")
async def test_P1_while_no_picture_can_be_written_stops_are_placed_and_the_page_says_its_age(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home:
        await home.until("/readyz", lambda body: body["ready"], scope=None)
        assert home.engine is not None
        # Where the fresh picture is written before it takes the place of the old one stands a directory now.
        in_the_way = tmp_path / "state" / f"{published.FILE}.{home.engine.process.pid}"
        in_the_way.mkdir()
        await buy(home, "ETHUSDT", "1.000")
        await home.venue.witnessed(
            lambda seen: any((one["symbol"], one["status"]) == ("ETHUSDT", "NEW") for one in seen["algos"])
        )
        await home.until("/api/positions", lambda body: (body["age_ms"] or 0) > 5_200)
        shown = await page(home)
        assert re.search(r"STALE\s\d+", shown), "the page says how old its word is"
        assert (await home.ask("GET", "/livez", scope=None)).status == 200, "the web process is well"
        assert (await home.ask("GET", "/readyz", scope=None)).status == 503
        assert home.engine.process.returncode is None
        in_the_way.rmdir()
        await home.until("/readyz", lambda body: body["ready"], scope=None)
        await home.until("/api/positions", lambda body: body["count"] == 1)
        assert "STALE" not in await page(home)
        looked = await home.ask("POST", "/api/reconcile/run", scope=Scope.REDUCE)
        assert (looked.status, looked.body["answer"]) == (200, "looking"), looked.body
        assert looked.body["result"]["agrees"], looked.body
        subjects = {row["subject"]: row["open"] for row in looked.body["result"]["rows"]}
        assert subjects == {"ETHUSDT long": False, "ETHUSDT long disaster": False}
