"""`jackline validate`: a strategy that earns is proven, one that does not is told why, and the phase hears of both."""

from __future__ import annotations

import asyncio
import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jackline.cli.config import load_config
from jackline.cli.errors import CommandFailed, ExitCode, explain
from jackline.cli.validate import validated
from jackline.cli.validate_page import as_text
from jackline.cli.validate_record import hand_in, validation_of
from jackline.core.phases import Evidence, Needs, Standing, Validation
from jackline.core.promotion import judge
from jackline.data.candles import Candles
from jackline.research.validation.document import document
from jackline.research.validation.gate import Verdict
from jackline.research.validation.holdout import LEDGER, LedgerDamaged, Look, looks, note_look
from jackline.research.validation.markets import BAR_MS, FIRST_OPEN_MS, TICK, generated_market
from jackline.research.validation.page import page
from jackline.research.validation.running import Validated
from jackline.store.batch import JournalKind
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE
from jackline.store.commands import CommandDesk, CommandKind
from jackline.store.encode import decode
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.cli.test_account import GENERATE, jackline
from tests.cli.test_ledger import NOWHERE, Ran, run
from tests.cli.test_phase import configured, written
from tests.processes import exchange, spawn, write_config

DAYS = 110
TRENDS = {
    "venue__bar_interval": '"15m"',
    "strategy__name": '"ema_cross"',
    "strategy.parameters__fast_period": "6",
    "strategy.parameters__slow_period": "24",
    "risk__cooldown_ms": "900_000",
    "risk__stop_value_fraction": "0.015",
}
"""What earns on `trending`."""


def trending(days: int = DAYS) -> Candles:
    """Up for a day, down for a day, more or less, by a twentieth of a per cent a bar: a market that crossings fit."""
    draws = np.random.default_rng(4)
    lengths = draws.integers(60, 140, size=days)
    drift = np.repeat(np.where(np.arange(days) % 2, -0.0006, 0.0006), lengths)[: days * 96]
    closes = np.cumsum(drift + draws.standard_normal(len(drift)) * 0.0006)
    opens = np.concatenate(([0.0], closes[:-1]))
    wicks = np.abs(draws.standard_normal((2, len(drift)))) * 0.0003
    logs = (opens, np.maximum(opens, closes) + wicks[0], np.minimum(opens, closes) - wicks[1], closes)
    opened, high, low, close = (np.rint(50_000 * np.exp(one) / TICK) * TICK for one in logs)
    return Candles(
        symbol="BTCUSDT",
        interval_ms=BAR_MS,
        open_ms=FIRST_OPEN_MS + BAR_MS * np.arange(len(drift), dtype=np.int64),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=np.ones(len(drift)),
    )


def to_csv(path: Path, candles: Candles) -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("timestamp", "open", "high", "low", "close", "volume"))
        rows.writerows(zip(candles.open_ms.tolist(), *(one.tolist() for one in candles.table), strict=True))
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return to_csv(tmp_path_factory.mktemp("candles") / "binance-BTCUSDT-15m.csv", trending())


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Validated:
    """A whole validation, run once by the command's own function."""
    directory = tmp_path_factory.mktemp("proven")
    config = load_config(write_config(directory, NOWHERE, **TRENDS), load_strategy_file=True)
    return validated(config, data, None, folds=None, sweep=None, holdout=0.2, ledger=None, seed=1)


def told(ran: Ran) -> str:
    return " ".join(str(ran.exception).split())


def failing(found: Validated) -> Validated:
    """The same with one deciding check that does not hold."""
    checks = tuple(
        replace(one, passed=False) if one.name == "plateau" else one for one in found.verdict.checks
    )
    return replace(found, verdict=Verdict(checks=checks))


# -- the verdict ---------------------------------------------------------------------------------------------------


def test_a_rule_that_fits_its_market_is_proven(proven: Validated) -> None:
    assert proven.verdict.proven, proven.verdict.reasons
    assert {one.leak.value for one in proven.measured.findings} == {
        "future_feature",
        "training_in_test",
        "shuffled_folds",
        "unfinished_bar",
        "impossible_fill",
        "overlapping_windows",
    }
    plain = document(proven)
    assert (plain["verdict"], plain["holdout"]["looks"], plain["trials"]["elsewhere"]) == ("proven", 1, 0)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_its_page_needs_no_network_and_names_every_check(proven: Validated) -> None:
    text = page(proven, document(proven))
    assert all(one.name in text for one in proven.verdict.checks)
    assert "src='http" not in text
    assert 'src="http' not in text
    assert text.count("Plateau: mean day by") >= 3


def test_chance_is_refused_with_reasons_and_a_second_look_costs(tmp_path: Path) -> None:
    """The command itself, twice: exit code 1, every reason in words, and the holdout asked for more."""
    market = replace(generated_market(days=80, seed=3), symbol="BTCUSDT")
    candles = to_csv(tmp_path / "binance-BTCUSDT-15m.csv", market)
    config = write_config(tmp_path, NOWHERE, **TRENDS)
    asked = ("validate", str(config), "--data", str(candles), "--json")
    first = run(*asked, str(tmp_path / "one.json"), "--report", str(tmp_path / "report"))
    assert first.exit_code == ExitCode.BREACH
    assert "Verdict: NOT PROVEN, because" in first.output
    assert max(len(line) for line in first.output.splitlines()) <= 80
    second = json.loads(run(*asked, "-").output)
    plain = json.loads((tmp_path / "one.json").read_text())
    assert (plain["proven"], second["proven"]) == (False, False)
    needed = [
        next(one["needed"] for one in each["checks"] if one["name"] == "holdout") for each in (plain, second)
    ]
    assert needed == ["> 0.5", "> 0.75"]
    assert (plain["holdout"]["looks"], second["holdout"]["looks"]) == (1, 2)
    assert second["trials"]["elsewhere"] == 0, "the same trials once more are no new ones"
    assert json.loads((tmp_path / "report" / "validation.json").read_text()) == plain


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "What is to be validated?", id="nothing"),
        pytest.param(["CONFIG", "--calibrate", "5"], "What is to be validated?", id="both"),
        pytest.param(["CONFIG"], "On which candles?", id="no data"),
        pytest.param(["CONFIG", "--data", "DATA", "--holdout", "0.9"], "allowed 0.05 … 0.5", id="holdout"),
        pytest.param(["--calibrate", "1"], "2 … 100_000 strategies", id="too few"),
        pytest.param(["--calibrate", "5", "--record"], "--record says nothing", id="record"),
        pytest.param(["CONFIG", "--data", "DATA", "--folds", "5"], "has none", id="folds of a rule"),
        pytest.param(["CONFIG", "--data", "DATA", "--sweep", "DATA"], "no sweep can be read", id="sweep"),
    ],
)
def test_bad_input_is_told(tmp_path: Path, data: Path, arguments: list[str], said: str) -> None:
    config = write_config(tmp_path, NOWHERE, **TRENDS)
    given = [{"CONFIG": str(config), "DATA": str(data)}.get(one, one) for one in arguments]
    assert said in told(run("validate", *given))


def test_bars_of_another_length_and_too_few_days_are_refused(tmp_path: Path, data: Path) -> None:
    config = write_config(tmp_path, NOWHERE, **TRENDS | {"venue__bar_interval": '"5m"'})
    assert "venue.bar_interval is 300000 ms" in told(run("validate", str(config), "--data", str(data)))
    short = to_csv(tmp_path / "binance-BTCUSDT-15m.csv", trending(40))
    config = write_config(tmp_path, NOWHERE, **TRENDS)
    ran = run("validate", str(config), "--data", str(short))
    assert "at least 60 are needed before the holdout" in told(ran)
    assert not (tmp_path / "state" / "research").exists(), "what was never judged is no look"


def test_a_ledger_of_looks_with_a_line_taken_out_is_damaged_and_no_bug(tmp_path: Path) -> None:
    look = Look(
        at_ms=1,
        symbol="BTCUSDT",
        interval_ms=BAR_MS,
        from_ms=0,
        to_ms=BAR_MS,
        data_sha256="",
        strategy="one",
    )
    for _ in range(3):
        note_look(tmp_path, look)
    path = tmp_path / LEDGER
    first, _, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + third)
    with pytest.raises(LedgerDamaged) as damaged:
        looks(tmp_path)
    text, code = explain(damaged.value)
    assert code is ExitCode.STORE_DAMAGED
    assert "holdout.jsonl:2" in text


def test_rules_that_are_not_traded_here_are_refused(tmp_path: Path, data: Path) -> None:
    config = write_config(tmp_path, NOWHERE, **TRENDS, exits__stages='"on"')
    ran = run("validate", str(config), "--data", str(data))
    assert "stages" in told(ran), ran


# -- evidence ------------------------------------------------------------------------------------------------------


def promoted(*found: Validation) -> bool:
    checks = judge(Evidence(validations=found), Needs()).checks
    return next(one.passed for one in checks if one.name == "strategy validated")


def test_promotion_sees_a_proven_verdict_and_counts_no_other(proven: Validated) -> None:
    good, bad = validation_of(proven), validation_of(failing(proven))
    assert (good.proven, bad.proven) == (True, False)
    assert "look 1 at the holdout" in good.detail
    assert "plateau" in bad.detail
    assert promoted(good)
    assert not promoted(bad)
    assert not promoted(good, bad), "a verdict that was not proven is not outvoted by another try"


async def test_a_verdict_is_handed_in_for_the_settings_it_was_made_with(
    tmp_path: Path, proven: Validated
) -> None:
    config = configured(tmp_path, **TRENDS)
    standing = await written(config, whole=False)
    mine = of(proven, standing)
    assert hand_in(config, mine) == "Handed in: the next engine takes it."
    desk = CommandDesk(HostDisk(), config.state_dir / COMMANDS_FILE)
    (posted,) = desk.poll_new(0)
    desk.close()
    assert posted.command.kind is CommandKind.VALIDATION
    assert posted.command.proof == validation_of(mine)
    with pytest.raises(CommandFailed, match="another strategy or risk"):
        hand_in(config, replace(mine, wanted=replace(mine.wanted, identity="another")))
    generated = replace(mine, candles=replace(mine.candles, environment="generated"))
    with pytest.raises(CommandFailed, match="no evidence"):
        hand_in(config, generated)
    assert "nothing of any market" in " ".join(as_text(document(generated)).split())


@pytest.mark.timeout(120)
async def test_a_running_engine_journals_it_and_the_phase_shows_it(tmp_path: Path, proven: Validated) -> None:
    async with exchange(*GENERATE) as venue:
        config = write_config(tmp_path, venue.url)
        engine = await spawn("engine", "--config", str(config))
        await engine.event("running")
        engine.drain()
        loaded = load_config(config)
        shown = await jackline("phase", "status", "--config", str(config))
        assert "jackline validate --record" in " ".join(shown.out.split())
        mine = replace(
            proven, wanted=replace(proven.wanted, identity=identity(loaded.state_dir / ENGINE_FILE))
        )
        assert await asyncio.to_thread(hand_in, loaded, mine) == "Validation is on record: proven."
        shown = await jackline("phase", "status", "--config", str(config))
        assert "strategy validated: proven" in shown.out, shown.out
        assert (
            await asyncio.to_thread(hand_in, loaded, failing(mine)) == "Validation is on record: not proven."
        )
        shown = await jackline("phase", "status", "--config", str(config))
        assert "not proven" in shown.out
        await engine.stop()
    with StoreReader(HostDisk(), loaded.state_dir / ENGINE_FILE) as store:
        rows = store.journal_of((JournalKind.VALIDATION,), after_seq=0)
    assert [decode(row.body, Validation).proven for row in rows] == [True, False]


def of(found: Validated, standing: Standing) -> Validated:
    return replace(found, wanted=replace(found.wanted, identity=standing.identity))


def identity(store: Path) -> str:
    from jackline.store.evidence import read_standing

    with StoreReader(HostDisk(), store) as reader:
        standing = read_standing(reader)
    assert standing is not None
    return standing.identity
