"""`jackline phase` on a store that the real writer wrote: status, the refusal with its list, the signed wish."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from jackline.cli.config import Config, load_config
from jackline.cli.problems import ConfigError
from jackline.core.phases import DrillNote, Stage, Standing, Validation, settle
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.recorder import Recorder
from jackline.store.batch import JournalKind
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, open_store
from jackline.store.commands import CommandDesk, CommandKind
from jackline.store.host_disk import HostDisk
from jackline.store.signature import is_signed
from tests.cli.test_ledger import NOWHERE, run
from tests.core.test_phases import ended
from tests.core.test_promotion import WHOLE
from tests.processes import write_config
from tests.store.test_evidence import done, finish


def configured(directory: Path, **changes: str) -> Config:
    key = directory / "phase.key.toml"
    if not key.exists():
        assert run("phase", "key", str(key)).exit_code == 0
    return load_config(write_config(directory, NOWHERE, phase__key_file=f'"{key}"', **changes))


async def written(config: Config, *, whole: bool) -> Standing:
    """A phase on record, with all evidence, or with a drill alone."""
    standing, begun = settle(None, config.phase_options().bound)
    assert begun is not None
    with open_store(HostDisk(), config.state_dir / ENGINE_FILE) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        recorder = Recorder(writer, TwoClocks(HostWorld()))
        recorder.phase(begun, standing)
        recorder.evidence(JournalKind.DRILL, DrillNote(drill_id="d1", positions=1, failed=()))
        if whole:
            for number in range(1, 6):
                finish(recorder, done(number, ended()))
            for span in WHOLE.watched:
                recorder.evidence(JournalKind.WATCHED, span)
            proof = Validation(identity=standing.identity, proven=True, detail="ok")
            recorder.evidence(JournalKind.VALIDATION, proof)
            drift = WHOLE.parities[0]
            recorder.evidence(
                JournalKind.PARITY,
                type(drift)(
                    identity=standing.identity,
                    drift_fraction=drift.drift_fraction,
                    allowed_fraction=drift.allowed_fraction,
                ),
            )
        assert await writer.close(deadline_ms=5_000) == 0
    return standing


async def test_status_names_what_is_lacking(tmp_path: Path) -> None:
    config = configured(tmp_path)
    await written(config, whole=False)
    told = json.loads(run("phase", "status", "--config", str(config.path), "--json").output)
    assert (told["phase"], told["next"], told["ready"]) == ("paper", "testnet", False)
    lacking = [check["name"] for check in told["checks"] if not check["passed"]]
    assert lacking == [
        "strategy validated",
        "closed trades",
        "monitoring",
        "stops read back",
        "losses within plan",
        "parity",
    ]
    shown = run("phase", "status", "--config", str(config.path)).output
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "NO   closed trades: 0, needed 5" in shown
    assert "yes  kill-switch drill: passed, d1" in shown


async def test_status_names_the_key_that_changed(tmp_path: Path) -> None:
    await written(configured(tmp_path), whole=True)
    now = configured(tmp_path, risk__leverage="3")
    told = json.loads(run("phase", "status", "--config", str(now.path), "--json").output)
    assert (told["changed_keys"], told["ready"]) == (["risk.leverage"], False)
    refused = run("phase", "promote", "--config", str(now.path), "--to", "testnet", "--reason", "ready")
    assert "changed since, so the evidence is of something else: risk.leverage" in str(refused.exception)


async def test_C2_promotion_is_refused_with_the_whole_list_and_nothing_is_written(tmp_path: Path) -> None:
    config = configured(tmp_path)
    await written(config, whole=False)
    refused = run("phase", "promote", "--config", str(config.path), "--to", "testnet", "--reason", "now!")
    said = str(refused.exception)
    assert "Not promoted to testnet; lacking:" in said
    assert "closed trades: 0, needed 5" in said
    assert "strategy validated: not proven" in said
    skipped = run("phase", "promote", "--config", str(config.path), "--to", "live", "--reason", "now!")
    assert "the account is in paper; next is testnet" in str(skipped.exception)
    nothing = run("phase", "promote", "--config", str(config.path), "--to", "moon", "--reason", "now!")
    assert "--to: moon is no phase" in str(nothing.exception)
    assert not (config.state_dir / COMMANDS_FILE).exists()


async def test_whole_evidence_is_signed_for_the_engine(tmp_path: Path) -> None:
    config = configured(tmp_path)
    standing = await written(config, whole=True)
    signed = run("phase", "promote", "--config", str(config.path), "--to", "testnet", "--reason", "ready")
    assert (signed.exit_code, signed.output) == (0, "Signed: the next engine judges it.\n")
    (posted,) = CommandDesk(HostDisk(), config.state_dir / COMMANDS_FILE).poll_new(0)
    command = posted.command
    assert command.kind is CommandKind.PROMOTE
    assert command.promotion is not None
    assert config.signing_key is not None
    assert (command.promotion.to, command.promotion.identity) == (Stage.TESTNET, standing.identity)
    assert is_signed(
        command.promotion,
        command_id=command.command_id,
        actor=command.actor,
        reason="ready",
        key=config.signing_key,
    )


async def test_without_a_key_nobody_signs(tmp_path: Path) -> None:
    config = load_config(write_config(tmp_path, NOWHERE))
    await written(config, whole=True)
    refused = run("phase", "promote", "--config", str(config.path), "--to", "testnet", "--reason", "ready")
    assert "phase.key_file: it is not set, so nobody can sign" in str(refused.exception)


def test_S1_a_key_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    key = tmp_path / "phase.key.toml"
    assert run("phase", "key", str(key)).exit_code == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text()
    assert isinstance(run("phase", "key", str(key)).exception, FileExistsError)
    assert key.read_text() == before
    key.chmod(0o640)
    with pytest.raises(ConfigError, match="S1: its mode 0640 lets others read it"):
        configured(tmp_path)
    key.chmod(0o600)
    key.write_text('key = "abc"\n')
    with pytest.raises(ConfigError, match="at least 64 hexadecimal digits"):
        configured(tmp_path)


@pytest.mark.parametrize(("key", "value"), [("trades_min", "4"), ("monitoring_min_ms", "86_399_999")])
def test_C1_evidence_can_only_be_asked_for_upwards(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, **{f"phase__{key}": value})
    (problem,) = caught.value.problems
    assert problem.key == f"phase.{key}"


def bound(directory: Path, **changes: str) -> dict[str, str]:
    return dict(load_config(write_config(directory, NOWHERE, **changes)).phase_options().bound)


def test_what_decides_is_bound_and_what_does_not_is_not(tmp_path: Path) -> None:
    before = bound(tmp_path)
    assert before == bound(
        tmp_path, account__name='"other"', venue__symbols='["BTCUSDT"]', phase__trades_min="9"
    )
    assert before == bound(tmp_path, strategy__parameters="{rsi_period = 14}"), (
        "a default written out is no change"
    )
    assert before == bound(tmp_path, risk__stop_value_fraction="0.010"), "the same number in other digits"
    for changes in (
        {"risk__leverage": "5"},
        {"venue__bar_interval": '"15m"'},
        {"protection__guard_idle_ms": "4_000"},
        {"strategy__parameters": "{rsi_period = 15}"},
        {"strategy__name": '"ema_cross"'},
    ):
        assert bound(tmp_path, **changes) != before


def test_a_strategy_file_is_bound_by_its_content_and_not_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    config = write_config(tmp_path, NOWHERE, strategy__file='"mine.py"')
    config.write_text("\n".join(line for line in config.read_text().splitlines() if "rsi_trend" not in line))
    path.write_text("raise SystemExit('never run')\n")
    first = dict(load_config(config).phase_options().bound)
    path.write_text("raise SystemExit('never run!')\n")
    second = dict(load_config(config).phase_options().bound)
    assert [key for key in first if first[key] != second[key]] == ["strategy.file.source_sha256"]
