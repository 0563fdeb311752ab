"""The lane diagram fits its page, keeps the order, and leaves out what is not asked for."""

from __future__ import annotations

import pytest
from inline_snapshot import snapshot

from jackline.world.lanes import Window, diagram
from jackline.world.trace import Noted

EVENTS = [
    Noted(at_ms=0.0, lane="engine-1", text="started"),
    Noted(at_ms=273.0, lane="engine-1", text="#1 GET /fapi/v1/klines BTCUSDT"),
    Noted(at_ms=280.0, lane="venue", text="#1 200 "),
    Noted(at_ms=300.0, lane="engine-1", text="[info] signal symbol=BTCUSDT"),
    Noted(at_ms=310.0, lane="watchdog-2", text="#2 GET /fapi/v3/positionRisk "),
    Noted(at_ms=320.5, lane="venue", text="#2 429 -1003"),
    Noted(at_ms=400.0, lane="world", text="stop_dropped"),
    Noted(at_ms=500.0, lane="operator", text="kill:flatten"),
    Noted(
        at_ms=600.0,
        lane="engine-1",
        text="#3 POST /fapi/v1/algoOrder BTCUSDT SELL STOP_MARKET 29983.2 j4nk true",
    ),
]


def test_what_led_to_a_breach() -> None:
    lines = diagram(EVENTS, Window(at_ms=400.0, before=10, after=10, reads=False), columns=80)
    assert "\n".join(lines) == snapshot("""\
  seconds world     venue     engine    watchdog
    0.000 │         │         1: started
    0.321 │         #2 429 -1003 to GET positionRisk
    0.400 stop_dropped
    0.400 ━━ the breach ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
    0.500 operator: kill:flatten
    0.600 │         │         1: #3 POST algoOrder BTCUSDT SELL STOP_MARKET 299…\
""")


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize("reads", [True, False])
def test_every_line_fits(columns: int, reads: bool) -> None:
    wide = [*EVENTS, Noted(at_ms=700.0, lane="watchdog-2", text="x" * 300)]
    lines = diagram(wide, Window(at_ms=None, before=99, after=0, reads=reads), columns=columns)
    assert max(map(len, lines)) == columns


def test_everything_is_shown_to_whoever_asks_for_it() -> None:
    lines = diagram(EVENTS, Window(at_ms=None, before=99, after=0, reads=True), columns=120)
    assert len(lines) == 1 + len(EVENTS)
    assert any("[info] signal" in line for line in lines)


def test_no_more_than_asked_for() -> None:
    lines = diagram(EVENTS, Window(at_ms=400.0, before=2, after=1, reads=True), columns=120)
    assert len(lines) == 1 + 2 + 1 + 1
