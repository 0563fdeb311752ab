"""`jackline universe` beside a local exchange in this process: who is in, who is out, and why."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.universe import universe
from tests.processes import write_config
from tests.venue.local import local_exchange

FILTER = {"venue__symbols": "[]", "universe__chosen_by": '"filter"', "universe__volume_24h_min_quote": "0"}


def configured(directory: Path, url: str, **changes: str) -> Path:
    """With the key of the account that is served here."""
    config = write_config(directory, url, **FILTER, **changes)
    (directory / "keys.toml").write_text('key = "k"\nsecret = "s"\n', encoding="utf-8")
    return config


async def test_it_tells_who_is_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with local_exchange() as local:
        config = configured(tmp_path, local.root)
        await asyncio.to_thread(universe, config, json=True)
        told = json.loads(capsys.readouterr().out)
        assert told == {"chosen_by": "filter", "members": ["BTCUSDT"], "excluded": [], "traded": []}


async def test_it_tells_who_is_out_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with local_exchange() as local:
        config = configured(tmp_path, local.root, universe__deny='["BTC*"]')
        await asyncio.to_thread(universe, config)
        assert capsys.readouterr().out.splitlines() == [
            "out  BTCUSDT          denied: deny has BTC*",
            "0 in, 1 out, by filter",
        ]


def test_a_venue_that_does_not_answer_is_told(tmp_path: Path) -> None:
    config = write_config(tmp_path, "http://127.0.0.1:1", **FILTER)
    with pytest.raises(CommandFailed) as caught:
        universe(config)
    assert caught.value.code is ExitCode.UNANSWERED


def test_named_symbols_need_no_venue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    universe(write_config(tmp_path, "http://127.0.0.1:1"))
    assert capsys.readouterr().out.splitlines()[-1] == "2 in, 0 out, by name"
