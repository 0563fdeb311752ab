"""A run beside its backtest: on a terminal of 80 columns, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import mean

from jackline.cli.page import fitted
from jackline.data.problems import minute
from jackline.research.parity.compare import Difference
from jackline.research.parity.run import Parity

WHAT = 17


def as_json(found: Parity) -> str:
    """One object; docs/parity.md says what is in it."""
    one = found.comparison
    return json.dumps(
        {
            "within_bounds": one.is_within,
            "symbols": list(found.symbols),
            "interval_ms": found.interval_ms,
            "from_ms": found.from_ms,
            "to_ms": found.to_ms,
            "bars": found.bars,
            "balance_quote": str(found.balance_quote),
            "bounds": {
                "price_bps": str(one.bounds.price_bps),
                "quantity_fraction": str(one.bounds.quantity_fraction),
                "exit_bars": one.bounds.exit_bars,
                "drift_fraction": str(one.bounds.drift_fraction),
            },
            "compared": one.compared,
            "differing": one.differing,
            "drift_fraction": f"{one.drift_fraction:.6f}",
            "equal_decisions": one.equal_decisions,
            "equal_trades": one.equal_trades,
            "entry_bps": _bps(one.entry_bps),
            "exit_bps": _bps(one.exit_bps),
            "run_net_quote": str(one.run_net_quote),
            "backtest_net_quote": str(one.backtest_net_quote),
            "differences": [_plain(each) for each in one.differences],
            "notes": list(found.notes),
        },
        indent=2,
    )


def _bps(values: Sequence[Decimal]) -> dict[str, object]:
    """Positive where the run did worse."""
    if not values:
        return {"count": 0, "mean": None, "worst": None}
    return {"count": len(values), "mean": str(round(mean(values), 3)), "worst": str(max(values, key=abs))}


def _plain(one: Difference) -> dict[str, object]:
    symbol, side, bar_ms = one.key
    return {
        "kind": one.kind.value,
        "symbol": symbol,
        "side": side,
        "bar_ms": bar_ms,
        "run": one.run,
        "backtest": one.backtest,
        "bps": None if one.bps is None else str(one.bps),
        "beyond_bounds": one.is_beyond,
    }


def as_text(found: Parity, *, shown: int) -> str:
    """One page: the verdict, the figures, the differences that matter first."""
    return "\n".join(_lines(found, shown))


def _lines(found: Parity, shown: int) -> Iterator[str]:
    one = found.comparison
    yield fitted(
        f"{', '.join(found.symbols)}, {found.bars:,} bars, {minute(found.from_ms)} to {minute(found.to_ms)} UTC"
    )
    verdict = "within bounds" if one.is_within else "DRIFTS (D4)"
    yield fitted(
        f"{one.compared:,} decisions and trades compared, {one.differing:,} differ: drift {one.drift_fraction:.1%},"
        f" allowed {one.bounds.drift_fraction:.1%}: {verdict}."
    )
    yield f"Equal: {one.equal_decisions:,} decisions, {one.equal_trades:,} trades."
    yield from _prices("Entries", one.entry_bps)
    yield from _prices("Exits", one.exit_bps)
    yield f"Net: run {one.run_net_quote:,.2f}, backtest {one.backtest_net_quote:,.2f} quote."
    ordered = sorted(one.differences, key=lambda each: not each.is_beyond)
    if ordered:
        yield ""
        yield f"{'bar, UTC':<17}{'symbol':<10}{'side':<6}{'what':<{WHAT}}run | backtest"
    for each in ordered[:shown]:
        yield _difference(each)
    if len(ordered) > shown:
        yield f"… and {len(ordered) - shown:,} more: --json has all of them."
    yield from (fitted(f"note: {text}") for text in found.notes)


def _prices(what: str, values: Sequence[Decimal]) -> Iterator[str]:
    if values:
        yield (
            f"{what}: {len(values):,}, the run was worse by {mean(values):.2f} bps in the mean, at most"
            f" {max(values, key=abs):.2f} bps."
        )


def _difference(one: Difference) -> str:
    symbol, side, bar_ms = one.key
    mark = "!" if one.is_beyond else " "
    bps = "" if one.bps is None else f" ({one.bps:+.1f} bps)"
    head = f"{minute(bar_ms)[:16]:<16}{mark}{symbol:<10}{side:<6}{one.kind.value:<{WHAT}}"
    return fitted(f"{head}{one.run} | {one.backtest}{bps}").replace("\n", "\n" + " " * 33)
