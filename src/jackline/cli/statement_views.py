"""What the ledger commands show: statements as tables of 80 columns, and as facts for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table

from jackline.cli.page import WIDTH, fitted, without_padding
from jackline.store.ledger import Totals
from jackline.store.reconcile import Reconciled
from jackline.store.statements import DAY_MS, DayStatement, Statement, TradeStatement

CENT = Decimal("0.01")
DIFFERENCES_SHOWN_MAX = 50
"""Of a broken ledger a screen or two; --json has them all."""

WORDS = frozenset({"opened", "symbol", "side", "exit-reason", "day", "difference", "id"})
"""Columns that hold words; the others hold figures."""

Facts = dict[str, object]


def show_trades(rows: Sequence[TradeStatement], stated: Statement) -> None:
    """One line a trade, then what is nobody's and the wallet that all of it explains."""
    table = _table(
        "opened", "symbol", "side", "quantity", "entry", "exit", "fees", "funding", "net", "exit-reason"
    )
    for one in rows:
        table.add_row(
            _minute(one.opened_ms),
            one.symbol,
            one.side.value,
            _plain(max(one.entry_quantity, one.exit_quantity, one.open_quantity)),
            _price(one.entry_price),
            _price(one.exit_price) + ("…" if one.open_quantity and one.exit_quantity else ""),
            _money(one.sums.fees_quote),
            _money(one.sums.funding_quote),
            _money(one.sums.net_quote),
            _ending(one),
        )
    _print(table if rows else "No trade.")
    rest = stated.unattributed
    lines = [f"Of no trade: {_money(rest.net_quote)}. Wallet explained: {_money(stated.whole.wallet_quote)}."]
    if any(one.open_quantity and one.unrealised_quote is None for one in rows):
        lines.append("What is open shows its unrealised profit with --direct.")
    print(fitted("\n".join(lines)))


def show_days(days: Sequence[DayStatement]) -> None:
    """One line a day of market time, UTC."""
    table = _table(
        "day", "fills", "closed", "realised", "fees", "funding", "other", "net", "capital", "wallet"
    )
    for day in days:
        sums = day.sums
        money = (sums.realised_quote, sums.fees_quote, sums.funding_quote, sums.other_quote, sums.net_quote)
        table.add_row(
            _date(day.number),
            str(day.fills),
            str(day.trades_closed),
            *(_money(amount) for amount in (*money, sums.capital_quote, day.wallet_quote)),
        )
    _print(table if days else "Nothing is booked.")


def show_reconciled(found: Reconciled, *, running: bool) -> None:
    """What was compared, and each difference with its id."""
    print(f"{found.fills} trades and {found.income_rows} income rows of the venue.")
    if found.agrees:
        print("Each is booked exactly once, and the sums are equal to the last unit.")
        return
    table = _table("difference", "id", "ledger", "venue")
    for one in found.differences[:DIFFERENCES_SHOWN_MAX]:
        table.add_row(one.trouble.value, one.entry_id, _exact(one.ledger_quote), _exact(one.venue_quote))
    _print(table)
    more = len(found.differences) - DIFFERENCES_SHOWN_MAX
    print(f"{len(found.differences)} differences." + (" --json shows the rest." if more > 0 else ""))
    if not running:
        print("No engine runs. Fix: start it: it books what is missing as soon as it is up.")


def trade_facts(one: TradeStatement) -> Facts:
    """For programs: decimals as they are."""
    return {
        "trade_id": one.trade_id,
        "symbol": one.symbol,
        "side": one.side.value,
        "entries": one.entries,
        "opened_ms": one.opened_ms,
        "closed_ms": one.closed_ms,
        "entry_quantity": one.entry_quantity,
        "entry_price": one.entry_price,
        "exit_quantity": one.exit_quantity,
        "exit_price": one.exit_price,
        "open_quantity": one.open_quantity,
        "exit_reason": one.exit_reason.value if one.exit_reason else None,
        "unrealised_quote": one.unrealised_quote,
        **sum_facts(one.sums),
    }


def sum_facts(sums: Totals) -> Facts:
    """Gross is what prices earned; net is gross − fees + funding + other."""
    return {
        "gross_quote": sums.realised_quote,
        "fees_quote": sums.fees_quote,
        "funding_quote": sums.funding_quote,
        "other_quote": sums.other_quote,
        "net_quote": sums.net_quote,
        "capital_quote": sums.capital_quote,
    }


def day_facts(day: DayStatement) -> Facts:
    """For programs."""
    return {
        "day": _date(day.number),
        "fills": day.fills,
        "trades_closed": day.trades_closed,
        **sum_facts(day.sums),
        "wallet_quote": day.wallet_quote,
    }


def reconciled_facts(found: Reconciled) -> Facts:
    """For programs."""
    return {
        "agrees": found.agrees,
        "fills": found.fills,
        "income_rows": found.income_rows,
        "differences": [
            {
                "difference": one.trouble.value,
                "id": one.entry_id,
                "ledger_quote": one.ledger_quote,
                "venue_quote": one.venue_quote,
            }
            for one in found.differences
        ],
    }


def _table(*headings: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    for heading in headings:
        justify: JustifyMethod = "left" if heading in WORDS else "right"
        table.add_column(heading.replace("-", " "), overflow="fold", justify=justify)
    return table


def _print(shown: Table | str) -> None:
    console = Console(width=WIDTH, highlight=False)
    with console.capture() as captured:
        console.print(shown)
    print(without_padding(captured.get()), end="")


def _ending(one: TradeStatement) -> str:
    if one.open_quantity:
        now = "" if one.unrealised_quote is None else f" {one.unrealised_quote:+.2f}"
        return f"open{now}"
    return one.exit_reason.value if one.exit_reason else "–"


def _minute(market_ms: int | None) -> str:
    if market_ms is None:
        return "–"
    return f"{datetime.fromtimestamp(market_ms / 1_000, UTC):%m-%d %H:%M}"


def _date(number: int) -> str:
    return f"{datetime.fromtimestamp(number * DAY_MS / 1_000, UTC):%Y-%m-%d}"


def _money(amount: Decimal) -> str:
    return f"{amount.quantize(CENT) + 0:f}"


def _price(price: Decimal | None) -> str:
    return "–" if price is None else _plain(Decimal(f"{price:.8g}"))


def _exact(amount: Decimal | None) -> str:
    return "–" if amount is None else f"{amount:f}"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
