"""`jackline drill`: every rehearsal passes at both venues; what is not kept fails; none beyond paper."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.cli.drill.acts import DRILLS, Seen
from jackline.cli.drill.command import SUMMARIES
from jackline.cli.drill.copy import copied, symbol_of
from jackline.cli.drill.paper import refuse_beyond_paper
from jackline.cli.drill.playing import Played, facts, play, report
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.keys import LOCAL_KEY
from jackline.cli.main import load
from jackline.cli.page import WIDTH
from jackline.core.phases import Stage, settle
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.recorder import Recorder
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.host_disk import HostDisk
from tests.processes import write_config

NOWHERE = "http://127.0.0.1:1"
KEPT = Seen(naked_ms=0.0, allowed_ms=0, took_ms=1_250.0, told="ready 1250 ms after its start")


def test_a_copy_has_the_users_symbols_and_sizes_and_nobody_elses_secrets(tmp_path: Path) -> None:
    bots = {
        "venue__symbols": '["ETHUSDT", "SOLUSDT"]',
        "risk__risk_per_trade_fraction": "0.005",
        "bot__trend__strategy": '"rsi_trend"',
        "bot__trend__symbols": '["SOLUSDT"]',
        "bot__trend__stop_value_fraction": "0.02",
        "protection__guard_exposed_ms": "1_000",
    }
    path = write_config(tmp_path, NOWHERE, **bots)
    path.write_text(path.read_text().replace('[strategy]\nname = "rsi_trend"\n', ""))
    config = load_config(path)
    (tmp_path / "house").mkdir()
    copy = copied(config, tmp_path / "house", url="http://127.0.0.1:2")
    assert symbol_of(config) == "SOLUSDT"
    assert (copy.venue.symbols, copy.strategy.name) == (("SOLUSDT",), "manual")
    own = (str(copy.risk.stop_value_fraction), str(copy.risk.risk_per_trade_fraction))
    assert own == ("0.02", "0.005")
    assert copy.protection.guard_exposed_ms == 1_000
    assert copy.credentials == LOCAL_KEY
    assert copy.state_dir.is_relative_to(tmp_path / "house")


def test_a_guards_file_is_rehearsed_too(tmp_path: Path) -> None:
    path = tmp_path / "guard.toml"
    path.write_text(
        '[account]\nname = "g"\nmode = "paper"\nstate_dir = "s"\n'
        f'[venue]\nname = "bingx"\nurl = "{NOWHERE}"\n[guard]\n[risk]\nstop_value_fraction = 0.02\n'
    )
    copy = copied(load_config(path), tmp_path, url="http://127.0.0.1:2")
    assert copy.venue.symbols == ("BTC-USDT",)
    assert str(copy.risk.stop_value_fraction) == "0.02"


def test_variables_of_the_configuration_are_in_the_copy_and_not_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKLINE__VENUE__URL", "http://127.0.0.1:3")
    monkeypatch.setenv("JACKLINE__RISK__LEVERAGE", "2")
    config = load_config(write_config(tmp_path, NOWHERE))
    (tmp_path / "house").mkdir()
    copy = copied(config, tmp_path / "house", url="http://127.0.0.1:2")
    assert (copy.venue.url, copy.risk.leverage) == ("http://127.0.0.1:2", 2)


def test_every_drill_has_a_command_and_a_report_that_fits() -> None:
    assert set(SUMMARIES) == set(DRILLS)
    done = [Played(name=name, seen=KEPT) for name in DRILLS]
    done.append(Played(name="restart", seen=None, failed="the engine is not ready after 60 s"))
    assert all(len(line) <= WIDTH for line in report(done))
    assert [one["passed"] for one in facts(done)] == [True] * len(DRILLS) + [False]


@pytest.mark.parametrize(
    "seen",
    [
        replace(KEPT, naked_ms=0.1),
        replace(KEPT, naked_ms=5_000.1, allowed_ms=5_000),
        replace(KEPT, wrong=("it was liquidated",)),
    ],
    ids=["naked", "naked too long", "wrong"],
)
def test_P1_what_did_not_hold_fails(seen: Seen) -> None:
    assert not seen.passed
    assert "FAILED" in next(report([Played(name="restart", seen=seen)]))


@pytest.mark.parametrize("stage", [Stage.TESTNET, Stage.LIVE_CANARY, Stage.LIVE])
async def test_C2_an_account_that_has_left_paper_is_refused(tmp_path: Path, stage: Stage) -> None:
    config = load_config(write_config(tmp_path, NOWHERE))
    refuse_beyond_paper(config)
    config.state_dir.mkdir()
    begun = settle(None, config.phase_options().bound)
    assert begun[1] is not None
    with open_store(HostDisk(), config.state_dir / ENGINE_FILE) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        Recorder(writer, TwoClocks(HostWorld())).phase(begun[1], replace(begun[0], stage=stage))
        assert await writer.close(deadline_ms=5_000) == 0
    with pytest.raises(CommandFailed, match=f"{stage}: drills are for paper"):
        refuse_beyond_paper(config)


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("venue", ["binance", "bingx"])
async def test_P1_every_drill_passes(tmp_path: Path, venue: str) -> None:
    named = {"venue__name": '"bingx"', "venue__symbols": '["BTC-USDT"]'} if venue == "bingx" else {}
    config = load_config(write_config(tmp_path, NOWHERE, **named))
    done = await play(config, tuple(DRILLS), kept=tmp_path / "house", say=lambda _: None)
    assert [one.name for one in done if not one.passed] == [], list(report(done))
    assert len(done) == len(DRILLS)


@pytest.mark.long
@pytest.mark.timeout(200)
def test_sizes_that_no_gate_lets_through_are_told(tmp_path: Path) -> None:
    tiny = {"risk__size_mode": '"fixed"', "risk__size_fixed_quote": "2"}
    with pytest.raises(CommandFailed) as refused:
        load("drill")(
            args=["restart", str(write_config(tmp_path, NOWHERE, **tiny))], prog_name="jackline drill"
        )
    assert refused.value.code is ExitCode.NOTHING
    assert "no position could be opened" in str(refused.value)
    assert "denied" in json.dumps(str(refused.value))
