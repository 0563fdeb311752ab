"""The report for people: plain words and small tables, 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jackline.cli.demo.figures import Distribution
from jackline.cli.demo.report import Kill, Report, TradeLine
from jackline.cli.demo.witness import StopFill
from jackline.cli.demo.words import counted, exit_words, moment, money, price, rung_words, span

LINES_MAX: Final = 24
"""Trades shown: a screen. All of them are in the JSON."""

GAPS_MAX: Final = 8

HEADING: Final = "bold"
QUIET: Final = "dim"
GOOD: Final = "green"
BAD: Final = "bold red"


def render_report(report: Report) -> RenderableType:
    """Everything, top to bottom: what happened, the outage, the gaps, the protection, the money, the verdict."""
    return Group(*_parts(report))


def _parts(report: Report) -> Iterator[RenderableType]:
    yield Text()
    yield _title(report)
    if not report.lines and not report.exposed_ms:
        yield Text("\nNo position was ever opened in this market, so there was nothing to protect.")
        yield Text("Fix: a longer or livelier window (--from, --to), or another --seed.", style=QUIET)
    else:
        yield Padding(_trades(report), (1, 0))
    for kill in report.kills:
        yield _section("The outage", Text(outage_story(kill, report)))
    if report.gap_fills:
        yield _section("Gap fills: the price stepped past the stop", _gaps(report.gap_fills))
    if report.rungs:
        yield _section("Protection, as the exchange saw it", _protection(report))
    yield _section("Money, to the last unit", _ledger(report))
    for note in report.frame.notes:
        yield Text(f"Note: {note}.", style=QUIET)
    yield _verdict(report)


def _title(report: Report) -> Text:
    frame = report.frame
    window = f"{moment(frame.start_ms)} – {moment(frame.end_ms)} UTC".replace("  ", " ")
    text = Text("jackline demo", style=HEADING)
    text.append(f"   {', '.join(frame.symbols)} · {frame.source}\n", style="default")
    text.append(f"{window} in {frame.wall_s:.0f} s of wall time, market at ×{frame.ratio:,.0f}", style=QUIET)
    return text


def _section(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(title, style=HEADING), Padding(body, (0, 0, 1, 2)))


def _table(*columns: tuple[str, bool], gap: int = 1) -> Table:
    """Columns by name; True aligns figures to the right. `gap`: spaces between columns beyond the one there is."""
    table = Table(
        box=SIMPLE_HEAD, padding=(0, gap, 0, 0), pad_edge=False, show_edge=False, header_style=QUIET
    )
    for name, figures in columns:
        table.add_column(name, justify="right" if figures else "left", no_wrap=True)
    return table


def _trades(report: Report) -> RenderableType:
    columns = (("opened", False), ("symbol", False), ("side", False), ("in", True), ("out", True))
    table = _table(*columns, ("exit", False), ("P&L", True), ("naked", True), ("confirm", True), gap=0)
    shown = report.lines[-LINES_MAX:]
    for line in shown:
        table.add_row(
            moment(line.opened_market_ms),
            line.symbol.removesuffix("USDT") or line.symbol,
            line.side,
            price(line.entry_price),
            price(line.exit_price),
            _exit(line),
            Text(money(line.pnl_quote), style=GOOD if line.pnl_quote > 0 else ""),
            Text(span(line.naked_ms), style=BAD if line.naked_ms > 0 else ""),
            span(line.confirm_ms),
        )
    hidden = len(report.lines) - len(shown)
    if hidden:
        return Group(table, Text(f"and {hidden} earlier ones; --json FILE has them all", style=QUIET))
    return table


def _exit(line: TradeLine) -> str:
    words = exit_words(line.exit_reason)
    short = {
        "trailing stop": "trailing",
        "held long enough": "max hold",
        "closed on request": "at the end",
        "stop already reached": "stop reached",
    }
    words = short.get(words, words)
    return f"{words}, gap" if line.gap_bps is not None else words


def outage_story(kill: Kill, report: Report) -> str:
    """What happened around the kill, in sentences."""
    named = f"{kill.symbol} {kill.side}"
    sentences = [f"{moment(kill.market_ms).strip()}: the engine was killed (SIGKILL) with {named} open."]
    fills = [
        fill
        for fill in report.stop_fills
        if fill.symbol == kill.symbol and kill.killed_wire_ms <= fill.wire_ms <= kill.restarted_wire_ms
    ]
    if kill.stop_price is None:
        sentences.append("No stop of it was resting at the exchange.")
    elif not kill.stop_fired_during_outage or not fills:
        sentences.append(f"Its stop at {price(kill.stop_price)} rested at the exchange and was not reached.")
    else:
        verb = "fell" if kill.side == "long" else "rose"
        fill = fills[0]
        how = f"a gap of {fill.slip_bps:.0f} bps" if fill.gap else f"{fill.slip_bps:.1f} bps of slippage"
        sentences.append(f"The market {verb} through its stop at {price(fill.trigger_price)}.")
        sentences.append(f"The exchange filled it at {price(fill.fill_price)}: {how}.")
    outage = span(kill.restarted_wire_ms - kill.killed_wire_ms)
    if kill.recovered_ms is None:
        sentences.append(f"The engine was started again after {outage} and did not recover.")
    else:
        recovered = span(kill.recovered_ms)
        sentences.append(f"The engine was started again after {outage} and had recovered {recovered} later:")
        sentences.append("everything read back as protected, or flat and swept.")
    working = kill.stop_working_during_outage
    sentences.append("Nothing was naked meanwhile." if working else "The position was naked meanwhile.")
    return " ".join(sentences)


def _gaps(fills: tuple[StopFill, ...]) -> RenderableType:
    table = _table(
        ("market time", False), ("symbol", False), ("closed", False), ("stop", True), ("filled", True)
    )
    table.add_column("gap", justify="right")
    for fill in fills[-GAPS_MAX:]:
        closed = "long" if fill.side == "SELL" else "short"
        prices = (price(fill.trigger_price), price(fill.fill_price))
        table.add_row(moment(fill.market_ms), fill.symbol, closed, *prices, f"{fill.slip_bps:.0f} bps")
    return table


def _protection(report: Report) -> RenderableType:
    table = _table(("rung", False), ("entries", True), ("naked p50 / p99 / max", True))
    table.add_column("confirmed p50 / p99 / max", justify="right")
    for rung, figures in report.rungs.items():
        naked, confirm = _three(figures.naked_ms), _three(figures.confirm_ms)
        table.add_row(rung_words(rung), str(figures.entries), naked, confirm)
    return table


def _three(figures: Distribution) -> str:
    if figures.max is None:
        return "–"
    return " / ".join(
        span(value).removesuffix(" ms") for value in (figures.p50, figures.p99, figures.max)
    ) + (" ms" if figures.max < 1_000 else "")


def _ledger(report: Report) -> RenderableType:
    table = _table(("", False), ("ledger", True), ("exchange", True), ("difference", True))
    for kind in ("realised", "fees", "funding", "wallet"):
        ours, theirs = report.ledger[kind], report.exchange[kind]
        difference = ours - theirs
        style = BAD if difference else ""
        table.add_row(kind, _exact(ours), _exact(theirs), Text(_exact(difference), style=style))
    return table


def _exact(amount: Decimal) -> str:
    """All digits the venue books, without trailing zeros beyond the cent."""
    shown = f"{amount:,f}"
    if "." not in shown:
        return f"{shown}.00"
    whole, _, decimals = shown.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _verdict(report: Report) -> Text:
    if report.breaches:
        text = Text(f"THE PROMISE WAS BROKEN: {len(report.breaches)} found\n", style=BAD)
        for breach in report.breaches:
            text.append(f"  {breach.code}  {breach.detail}\n", style="default")
        return text
    coverage = report.coverage_fraction
    if coverage is None:
        return Text("No breach, and nothing shown.", style=QUIET)
    text = Text("The promise was kept. ", style=f"bold {GOOD}")
    counts = f"{counted(len(report.lines), 'trade')}, {counted(len(report.stop_fills), 'stop')} fired. "
    covered = f"{_percent(coverage)} of exposed time was covered by a resting stop; "
    naked = f"naked {span(report.naked_ms.max)} at most; no double entry, no orphan."
    text.append(counts + covered + naked, style="default")
    return text


def _percent(fraction: float) -> str:
    """Never rounded up to a whole: `99.9998 %` is not `100 %`."""
    if fraction >= 1:
        return "100 %"
    return f"{int(fraction * 1_000_000) / 10_000:.4f} %"
