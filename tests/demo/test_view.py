"""The live view: a page of 80 by 24 that does not jump, with what matters on it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from inline_snapshot import snapshot
from rich.console import Console

from jackline.cli.demo.view import BARS, MarketRow, PositionRow, Scene, render_scene, sparkline
from jackline.cli.demo.words import Event, Tone
from tests.demo.making import MARKET_MS

WIDTH, HEIGHT = 80, 24
POSITION = PositionRow(
    symbol="BTCUSDT",
    side="long",
    quantity=Decimal("0.008"),
    entry_price=Decimal("112123.4"),
    stop_price=Decimal("110903.8"),
    stop_bps=108.8,
    covered_fraction=1.0,
    naked_ms=0.0,
    exposed_ms=12_300.0,
)
SCENE = Scene(
    market_ms=MARKET_MS,
    progress_fraction=0.5,
    ratio=1_728.0,
    held=False,
    processes=(("exchange", True), ("engine", False), ("watchdog", True)),
    markets=(
        MarketRow(symbol="BTCUSDT", last=Decimal("112123.4"), prices=(112_000.0, 112_500.0, 112_123.4)),
        MarketRow(symbol="SOLUSDT", last=Decimal("133.64"), prices=(133.64,)),
    ),
    positions=(POSITION,),
    events=(
        Event(market_ms=0, text="the engine reads the venue back", tone=Tone.NARRATION),
        Event(market_ms=MARKET_MS, text="kill -9 of the engine; BTCUSDT long is open", tone=Tone.WARNING),
    ),
    trades=7,
    stops_fired=2,
    naked_ms_max=0.0,
)


def page(scene: Scene, *, height: int = HEIGHT) -> list[str]:
    console = Console(width=WIDTH, height=height, force_terminal=False, color_system=None)
    with console.capture() as captured:
        console.print(render_scene(scene, width=WIDTH, height=height))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_the_whole_page() -> None:
    assert "\n".join(page(SCENE)) == snapshot("""\
jackline  a stop always rests at the exchange   ● exchange  ○ engine  ● watchdog
10 Oct 21:15 UTC  ×1,728  ━━━━━━━━━━━━━━━━━━━━━━━━━━━───────────────────────────

BTCUSDT        112,123.4  ▁█▃                                             +0.11%
SOLUSDT           133.64  ▁                                               +0.00%

position         quantity      entry       stop     away covered   naked    open
────────────────────────────────────────────────────────────────────────────────
BTCUSDT long        0.008  112,123.4  110,903.8  109 bps    100%    0 ms  12.3 s



              the engine reads the venue back
10 Oct 21:15  kill -9 of the engine; BTCUSDT long is open








7 trades · 2 stops fired · naked at most 0 ms · Ctrl-C ends it early\
""")


@pytest.mark.parametrize("positions", [0, 1, 3])
@pytest.mark.parametrize("events", [0, 2, 100])
@pytest.mark.parametrize("height", [HEIGHT, 40])
def test_the_page_does_not_jump(positions: int, events: int, height: int) -> None:
    event = Event(market_ms=MARKET_MS, text="long words " * 20, tone=Tone.CALM)
    lines = page(replace(SCENE, positions=(POSITION,) * positions, events=(event,) * events), height=height)
    assert len(lines) == height - 1
    assert max(map(len, lines)) <= WIDTH


def test_a_position_without_cover_says_so() -> None:
    bare = replace(POSITION, stop_price=None, stop_bps=None, covered_fraction=0.0, naked_ms=412.0)
    text = "\n".join(page(replace(SCENE, positions=(bare,))))
    assert "none" in text
    assert "412 ms" in text


def test_a_line_of_prices_spans_all_heights_and_stays_in_its_columns() -> None:
    line = sparkline([float(number) for number in range(100)], columns=20)
    assert (len(line), line[0], line.rstrip()[-1]) == (20, BARS[0], BARS[-1])
    assert sparkline([5.0, 5.0], columns=4) == f"{BARS[0]}{BARS[0]}  "
    assert sparkline([], columns=4) == "    "
