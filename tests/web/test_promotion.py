"""A promotion over the API: evidence, a reason, a second factor, and a signature that the engine verifies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jackline.cli.config import load_config
from jackline.core.phases import Stage
from jackline.store.boot import COMMANDS_FILE
from jackline.store.commands import CommandDesk, CommandKind
from jackline.store.host_disk import HostDisk
from jackline.store.signature import is_signed
from jackline.store.tokens import Scope
from tests.cli.test_ledger import run
from tests.cli.test_phase import written
from tests.web.alone import Alone, alone
from tests.web.test_second_factor import second_factor

ASKED = {"to": "testnet", "reason": "proven on paper"}


def keyed(directory: Path) -> dict[str, str]:
    """A configuration with a signing key."""
    assert run("phase", "key", str(directory / "phase.key.toml")).exit_code == 0
    return {"phase__key_file": '"phase.key.toml"'}


def promote(home: Alone, *, scope: Scope = Scope.ADMIN, code: str | None = None, **changes: Any) -> Any:
    headers = {} if code is None else {"X-One-Time-Code": code}
    return home.ask("POST", "/api/phases", scope=scope, json={**ASKED, **changes}, headers=headers)


@pytest.mark.owns("C2", "S2")
async def test_C2_a_promotion_needs_whole_evidence_a_second_factor_and_is_signed(tmp_path: Path) -> None:
    with alone(tmp_path, **keyed(tmp_path)) as home:
        config = load_config(tmp_path / "jackline.toml")
        standing = await written(config, whole=True)
        weak = promote(home, scope=Scope.TRADE)
        assert (weak.status_code, weak.json()["code"]) == (403, "forbidden")
        skipped = promote(home, to="live")
        assert (skipped.status_code, skipped.json()["code"]) == (409, "lacking")
        without = promote(home)
        assert (without.status_code, without.json()["code"]) == (403, "confirm")
        assert "jackline token totp admin" in without.json()["detail"]
        clock = second_factor(config.path, Scope.ADMIN)
        assert promote(home).status_code == 403, "it has one now, and its code did not come along"
        assert not (config.state_dir / COMMANDS_FILE).exists()
        taken = promote(home, code=clock.now())
        assert (taken.status_code, taken.json()["status"]) == (202, "pending"), taken.text
        (posted,) = CommandDesk(HostDisk(), config.state_dir / COMMANDS_FILE).poll_new(0)
        command = posted.command
        assert command.kind is CommandKind.PROMOTE
        assert command.promotion is not None
        assert (command.promotion.to, command.promotion.identity) == (Stage.TESTNET, standing.identity)
        assert config.signing_key is not None
        for reason, good in (("proven on paper", True), ("another", False)):
            found = is_signed(
                command.promotion,
                command_id=command.command_id,
                actor=command.actor,
                reason=reason,
                key=config.signing_key,
            )
            assert found is good
        assert ("phase.promote", "asked") in {(act.what, act.outcome) for act in home.audit()}


@pytest.mark.owns("C2")
async def test_C2_without_evidence_or_a_key_nothing_is_asked_of_the_engine(tmp_path: Path) -> None:
    with alone(tmp_path) as home:
        config = load_config(tmp_path / "jackline.toml")
        await written(config, whole=False)
        lacking = promote(home)
        assert (lacking.status_code, lacking.json()["code"]) == (409, "lacking")
        assert any("closed trades: 0, needed 5" in one for one in lacking.json()["lacking"])
        assert not (config.state_dir / COMMANDS_FILE).exists()
