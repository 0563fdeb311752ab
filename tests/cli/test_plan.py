"""`jackline plan`: the figures of the issue's own examples, every gate's word, and what bad input is told."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.cli.errors import CommandFailed, ExitCode, explain
from jackline.cli.main import load
from jackline.cli.page import WIDTH
from jackline.core.dry_run import Question, Word, dry_run
from jackline.core.gates import GATES
from jackline.core.plan import ProtectedEntry
from jackline.core.settings import RiskSettings
from jackline.core.sides import SPELLINGS, side_of
from jackline.core.values import Price, Quote, Side, Symbol
from tests.processes import write_config

MARGIN = ("--leverage", "4", "--stop-basis", "margin", "--stop-value", "0.04")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How the command ended."""

    returncode: int
    stdout: str
    stderr: str


def asked(*arguments: str, side: str = "long") -> Done:
    """The command itself, ended as `main` ends it; a later option wins."""
    fixed = ("--symbol", "BTCUSDT", "--side", side, "--entry", "100000", "--equity", "10000")
    printed = StringIO()
    try:
        with redirect_stdout(printed):
            code = load("plan")(args=[*fixed, *arguments], prog_name="jackline plan", standalone_mode=False)
    except (CommandFailed, OSError) as error:
        text, code = explain(error)
        return Done(returncode=code, stdout=printed.getvalue(), stderr=text)
    return Done(returncode=code or 0, stdout=printed.getvalue(), stderr="")


def told(*arguments: str, side: str = "long", code: ExitCode = ExitCode.DONE) -> dict[str, Any]:
    done = asked(*arguments, "--json", side=side)
    assert done.returncode == code, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(("side", "stop"), [("long", "99000"), ("BUY", "99000"), ("short", "101000")])
def test_four_per_cent_of_the_margin_at_4x_is_one_per_cent_of_the_price(side: str, stop: str) -> None:
    plan = told(*MARGIN, side=side)
    assert (plan["decision"], plan["reason"], plan["stop_price"]) == ("plan", None, stop)
    assert plan["notional_quote"] == "1000", "10 % of equity, whatever the risk budget would allow"
    assert [gate["name"] for gate in plan["gates"]] == [gate.name for gate in GATES]
    assert {gate["verdict"] for gate in plan["gates"]} <= set(Word)


def test_an_order_of_25_000_on_10_000_is_shrunk_to_1_000(tmp_path: Path) -> None:
    config = write_config(
        tmp_path, "http://127.0.0.1:1", risk__size_mode='"fixed"', risk__size_fixed_quote="25000"
    )
    plan = told("--config", str(config))
    assert (plan["quantity"], plan["notional_quote"]) == ("0.01", "1000")


def test_btc_at_1_021_of_its_average_blocks_shorts_with_the_one_exception() -> None:
    up = ("--reference-ratio", "1.021")
    plan = told(*up, side="short", code=ExitCode.NOTHING)
    assert (plan["decision"], plan["reason"], plan["gate"]) == ("denied", "regime", "regime")
    assert "1.0210" in plan["detail"]
    assert told(*up, side="long")["decision"] == "plan"


def test_a_regime_that_nobody_says_is_not_asked_for(tmp_path: Path) -> None:
    config = write_config(tmp_path, "http://127.0.0.1:1", regime__gate='"on"')
    plan = told("--config", str(config), side="short")
    (gate,) = [gate for gate in plan["gates"] if gate["name"] == "regime"]
    assert (plan["decision"], gate["verdict"]) == ("plan", "not asked")


def test_a_confident_short_of_a_symbol_below_its_own_average_is_the_exception() -> None:
    known = ("--reference-ratio", "1.021", "--symbol-ratio", "0.99", "--symbol", "ETHUSDT")
    assert told(*known, "--confidence", "0.65", side="short")["decision"] == "plan"
    plan = told(*known, "--confidence", "0.64", side="short", code=ExitCode.NOTHING)
    assert plan["reason"] == "regime"


def test_a_denial_exits_with_3_and_its_page_fits_the_terminal() -> None:
    done = asked("--equity", "50")
    assert done.returncode == ExitCode.NOTHING
    assert "DENIED by equity: equity_too_small: equity 50 is below 100 quote" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= WIDTH
    assert len([line for line in done.stdout.splitlines() if line[:2].strip().isdigit()]) == len(GATES)


def test_a_symbol_that_the_configuration_does_not_trade_is_denied(tmp_path: Path) -> None:
    config = write_config(tmp_path, "http://127.0.0.1:1", venue__symbols='["ETHUSDT"]')
    plan = told("--config", str(config), code=ExitCode.NOTHING)
    assert (plan["reason"], plan["gate"], plan["stop_price"]) == ("bad_input", "input", None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--side", "sideways"), "--side: 'sideways' is no side; give one of long, buy, short, sell"),
        (("--entry", "-1"), "--entry: -1 is out of range. Fix: above 0"),
        (("--entry", "much"), "--entry: 'much' is no number"),
        (("--confidence", "1.1"), "--confidence: 1.1 is out of range. Fix: from 0 to 1"),
        (("--leverage", "126"), "risk.leverage = 126"),
        (("--stop-basis", "hope"), 'risk.stop_basis = "hope"'),
        (("--stop-value", "4"), "risk.stop_value_fraction = 4"),
        (("--symbol", "btc"), "--symbol: 'btc' is no name of a market"),
        (("--config", "missing.toml"), "missing.toml"),
    ],
)
def test_bad_input_names_the_option_the_value_and_the_fix(arguments: tuple[str, ...], words: str) -> None:
    done = asked(*arguments)
    assert done.returncode == ExitCode.BAD_INPUT
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def question(side: Side, entry: Decimal, equity: Decimal, risk: RiskSettings) -> Question:
    return Question(
        symbol=Symbol("BTCUSDT"),
        side=side,
        entry=Price(entry),
        equity_quote=Quote(equity),
        confidence=None,
        risk=risk,
        ratios={},
    )


@settings(deadline=None)
@given(
    side=st.sampled_from(Side),
    entry=st.decimals("0.00001", 10**6, places=5).filter(lambda price: price > 0),
    equity=st.integers(100, 10**7),
    leverage=st.integers(1, 20),
)
def test_P8_no_plan_is_larger_than_cap_and_budget_at_any_price(
    side: Side, entry: Decimal, equity: int, leverage: int
) -> None:
    risk = RiskSettings(leverage=leverage)
    plan = dry_run(question(side, entry, Decimal(equity), risk)).plan
    if isinstance(plan, ProtectedEntry):
        assert plan.quantity * plan.collar_price <= equity * risk.size_cap_fraction
        assert plan.risk_quote <= equity * risk.risk_per_trade_fraction


@pytest.mark.parametrize("text", [" Buy ", "LONG", "sell", "Short"])
def test_a_side_has_one_meaning_however_it_is_written(text: str) -> None:
    assert side_of(text) is SPELLINGS[text.strip().lower()]


@pytest.mark.parametrize("text", ["", "1", "both", "longs", "bid"])
def test_what_is_no_side_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no side"):
        side_of(text)
