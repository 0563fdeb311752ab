"""A backtest as JSON: names that stay, money as decimal text, times as UTC epoch ms. docs/backtest.md lists them."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

import msgspec

from jackline import __version__
from jackline.research.backtest.figures import Figures
from jackline.research.backtest.result import BacktestResult, TradeRecord

FORMAT = 1
"""Rises when a name changes its meaning or goes."""
IN_SAMPLE = "in sample"


def document(result: BacktestResult, figures: Figures) -> dict[str, Any]:
    """What `--json` writes."""
    return {
        "format": FORMAT,
        "kind": "backtest",
        "jackline": __version__,
        "sample": IN_SAMPLE if result.is_in_sample else "not known to be in sample",
        "strategy": result.strategy,
        "symbols": list(result.symbols),
        "interval_ms": result.interval_ms,
        "first_ms": result.first_ms,
        "end_ms": result.end_ms,
        "bars": result.bars,
        "warmup_bars": result.warmup_bars,
        "data": dict(result.data),
        "costs": {name: str(value) for name, value in result.costs.items()},
        "balance_quote": str(result.balance_quote),
        "ledger_gap_quote": f"{result.ledger_gap_quote:f}",
        "fills_outside_bars": result.fills_outside,
        "switch_resets": result.resets,
        "unrested_steps": result.unrested,
        "notes": list(result.notes),
        "figures": _plain(asdict(figures)),
        "signals": result.signals,
        "unfilled": result.unfilled,
        "denied": dict(result.denied),
        "trades": [trade_row(trade) for trade in result.trades],
        "stop_fills": [_plain(asdict(one)) for one in result.stop_fills],
        "equity": [[at_ms, f"{value:f}"] for at_ms, value in result.equity],
    }


def trade_row(trade: TradeRecord) -> dict[str, Any]:
    """One trade."""
    row: dict[str, Any] = _plain(asdict(trade))
    return row


def encoded(result: BacktestResult, figures: Figures) -> bytes:
    """The document as bytes: the same backtest gives the same ones."""
    return msgspec.json.encode(document(result, figures))


def _plain(value: Any) -> Any:
    """Decimals as text, tuples as lists."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
