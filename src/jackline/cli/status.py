"""`jackline status`: am I protected, what is at risk, what has happened. From the engine's picture, on one screen."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING

import typer

from jackline.cli.account import ConfigOption, JsonOption

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.store.published import Published

STALE_MS = 3_000


def status(config: ConfigOption, json: JsonOption = False) -> None:
    """Show the account on one screen. Exit code 0: all is protected; 1: something is not; 4: no engine shows itself."""
    from jackline.cli.config import load_config
    from jackline.cli.errors import CommandFailed, ExitCode
    from jackline.cli.stored import engine_holder
    from jackline.cli.views import print_json
    from jackline.core.summary import sentence
    from jackline.store import published
    from jackline.store.host_disk import HostDisk

    loaded = load_config(config)
    shown = published.read(HostDisk(), loaded.state_dir)
    holder = engine_holder(loaded)
    if shown is None:
        text = f"{loaded.state_dir}: no engine has shown itself here.\nFix: ask the venue: jackline positions --direct"
        raise CommandFailed(ExitCode.UNANSWERED, text)
    now_ms = time.time_ns() // 1_000_000
    age_ms = max(0, now_ms - shown.account.wire_ms)
    is_live = holder is not None and age_ms <= STALE_MS
    naked = [one for one in shown.account.positions if one.quantity > 0 and not one.is_protected]
    if json:
        print_json(live=is_live, age_ms=age_ms, engine_pid=shown.pid if holder else None, **_facts(shown))
    else:
        typer.echo(sentence(shown.account.positions, now_ms))
        if not is_live:
            word = "NO ENGINE RUNS" if holder is None else "THE ENGINE IS SILENT"
            typer.echo(f"{word}: this is {age_ms / 1_000:.0f} s old. Fix: jackline positions --direct")
        for line in _lines(loaded, shown):
            typer.echo(line)
    if naked:
        raise typer.Exit(ExitCode.BREACH)
    if not is_live:
        raise typer.Exit(ExitCode.UNANSWERED)


def _facts(shown: Published) -> dict[str, object]:
    from jackline.core.summary import result_at_stops

    account = shown.account
    return {
        "kill_level": account.kill_level,
        "denied": account.denied,
        "ready": shown.ready,
        "equity_quote": account.equity_quote,
        "day_result_quote": account.day_result_quote,
        "result_at_stops_quote": result_at_stops(account.positions),
        "open_positions": sum(one.quantity > 0 for one in account.positions),
        "protected_positions": sum(one.quantity > 0 and one.is_protected for one in account.positions),
        "limits": [
            {"name": one.name, "unit": one.unit, "used": one.used, "limit": one.limit}
            for one in account.limits
        ],
        "positions": [
            {
                "symbol": one.symbol,
                "side": one.side,
                "quantity": one.quantity,
                "mark": one.mark,
                "confirmed_stop": one.confirmed_price,
                "protected": one.is_protected,
            }
            for one in account.positions
            if one.quantity > 0
        ],
    }


def _lines(config: Config, shown: Published) -> list[str]:
    from jackline.core.summary import result_at_stops

    account = shown.account
    opened = [one for one in account.positions if one.quantity > 0]
    protected = sum(one.is_protected for one in opened)
    result = result_at_stops(account.positions)
    told = "ready" if shown.ready else "not ready yet"
    lines = [
        "",
        _row("account", f"{config.account.name}, {config.account.mode}, {config.venue.name}"),
        _row("engine", f"pid {shown.pid}, {told}, lag {shown.loop_lag_ms} ms"),
        _row("kill level", account.kill_level + (f"; {account.denied}" if account.denied else "")),
        _row("coverage", f"{protected}/{len(opened)}"),
        _row("equity", _money(account.equity_quote)),
        _row("day", _money(account.day_result_quote, signed=True)),
        _row("all stops hit", _money(result, signed=True)),
    ]
    for limit in account.limits:
        if limit.limit:
            share = limit.used / limit.limit
            lines.append(
                _row(
                    limit.name,
                    f"{share:.0%} used, {_number(limit.used)} of {_number(limit.limit)} {limit.unit}",
                )
            )
    return lines


def _row(name: str, text: str) -> str:
    return f"  {name:<14}{text}"


def _money(value: Decimal | None, *, signed: bool = False) -> str:
    if value is None:
        return "unknown"
    return f"{value:+,.2f}" if signed else f"{value:,.2f}"


def _number(value: Decimal) -> str:
    return f"{value:,.4f}".rstrip("0").rstrip(".")
