"""`jackline trades` and `jackline ledger` on a store that the real writer wrote."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.errors import CommandFailed
from jackline.cli.main import load
from jackline.core.effects import BookFills
from jackline.core.values import ZERO, MarketMs, OrderSide, Quote
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.recorder import Recorder
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.host_disk import HostDisk
from jackline.store.ledger import opening_entry
from tests.processes import write_config
from tests.store.making import NOW, adopted, fill

NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended, run in this process."""

    exit_code: int
    output: str
    exception: BaseException | None


def run(*arguments: str) -> Ran:
    name, *rest = arguments
    out, code, raised = io.StringIO(), 0, None
    with contextlib.redirect_stdout(out):
        try:
            load(name)(args=rest, prog_name=f"jackline {name}")
        except SystemExit as ended:
            code = int(ended.code or 0)
        except (CommandFailed, OSError) as error:
            code, raised = 1, error
    return Ran(exit_code=code, output=out.getvalue(), exception=raised)


async def written(directory: Path) -> str:
    """A ledger with a closed trade, an open one, and a fill of nobody's."""
    config = write_config(directory, NOWHERE)
    path = directory / "state" / ENGINE_FILE
    with open_store(HostDisk(), path) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        recorder = Recorder(writer, TwoClocks(HostWorld()))
        recorder.opening(
            opening_entry(balance_quote=Quote(Decimal(1_000)), wire_ms=NOW, market_ms=MarketMs(0))
        )
        one = Decimal(1)
        bought = fill(1, OrderSide.BUY, one, Decimal("100.123456789"), ZERO)
        sold = fill(2, OrderSide.SELL, one, Decimal("104.5"), Decimal("4.376543211"))
        held = fill(3, OrderSide.BUY, one, Decimal(103), ZERO)
        strange = fill(4, OrderSide.SELL, one, Decimal(90), Decimal("-3"))
        recorder.fills(BookFills(trade=adopted(1), fills=(bought, sold)))
        recorder.fills(BookFills(trade=adopted(2), fills=(held,)))
        recorder.fills(BookFills(trade=None, fills=(strange,)))
        assert await writer.close(deadline_ms=5_000) == 0
    return str(config)


async def test_trades_are_shown_on_80_columns_and_exactly_for_programs(tmp_path: Path) -> None:
    config = await written(tmp_path)
    shown = run("trades", "--config", config)
    assert shown.exit_code == 0, shown.output
    assert max(len(line) for line in shown.output.splitlines()) <= 80
    assert "104.5" in shown.output
    assert "Of no trade: -3.05. Wallet explained: 1001.18." in shown.output
    assert run("ledger", "trades", "--config", config).output == shown.output
    told = json.loads(run("trades", "--config", config, "--json").output)
    closed, held = told["trades"]
    assert (closed["gross_quote"], closed["fees_quote"], closed["net_quote"]) == (
        "4.376543211",
        "0.10",
        "4.276543211",
    )
    assert (closed["entry_price"], closed["exit_price"]) == ("100.123456789", "104.5")
    assert (held["exit_price"], held["closed_ms"], held["open_quantity"]) == (None, None, "1")
    nets = [Decimal(row["net_quote"]) for row in (closed, held, told["unattributed"])]
    assert sum(nets) == Decimal(told["whole"]["net_quote"])


async def test_days_are_shown_with_the_wallet(tmp_path: Path) -> None:
    config = await written(tmp_path)
    shown = run("ledger", "days", "--config", config)
    assert max(len(line) for line in shown.output.splitlines()) <= 80
    assert "2025-10-09" in shown.output
    (day,) = json.loads(run("ledger", "days", "--config", config, "--json").output)["days"]
    assert (day["day"], day["fills"], day["capital_quote"]) == ("2025-10-09", 4, "1000")
    assert day["wallet_quote"] == "1001.176543211"


def test_without_a_store_the_fix_is_told(tmp_path: Path) -> None:
    done = run("trades", "--config", str(write_config(tmp_path, NOWHERE)))
    assert "no engine has written here yet. Fix:" in str(done.exception)
