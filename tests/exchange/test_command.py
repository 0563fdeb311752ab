"""`jackline exchange serve`: what it refuses, with the place, the value and the fix. Nothing is started for it."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from jackline.cli.errors import CommandFailed, ExitCode, explain
from jackline.cli.exchange import app
from jackline.cli.mirror import open_source
from jackline.exchange.ports import SourceSilentError
from jackline.exchange.wire.accounts import read_accounts


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--wire-speed", "0"], "wire_speed 0.0: fix: above 0", id="wire speed"),
        pytest.param(
            ["--mirror", "nasdaq"], "--mirror 'nasdaq': ccxt knows no such venue. Fix: ", id="venue"
        ),
        pytest.param(
            ["--mirror", "binanceusdm", "--mirror-symbols", "BTCEUR"], "'BTCEUR': fix: linear", id="symbol"
        ),
        pytest.param(
            ["--mirror", "binanceusdm", "--speed", "60"], "a living market has its own pace", id="pace"
        ),
        pytest.param(["--accounts", "{file}"], "not a list of accounts: ", id="accounts"),
        pytest.param(["--from", "noon"], "--from 'noon' is not a time", id="from"),
    ],
)
def test_an_option_that_cannot_be_served_is_named_with_its_value(
    options: list[str], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "odd.json"
    file.write_text('{"odd": 1}')
    with pytest.raises(CommandFailed) as refused:
        app(args=["serve", *(one.replace("{file}", str(file)) for one in options)], standalone_mode=False)
    assert refused.value.code is ExitCode.BAD_INPUT
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        pytest.param(
            [{"kind": "refuse", "code": -1008}, {"kind": "refuse", "code": 7}], "rule 2: code 7", id="number"
        ),
        pytest.param(
            [{"kind": "slow", "delay_ms": 5, "account": "nobody"}],
            "rule 1: account 'nobody'. Fix: one of main",
            id="aim",
        ),
    ],
)
def test_a_fault_of_a_file_is_refused_with_its_place(
    rules: list[dict[str, Any]], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "faults.json"
    file.write_text(json.dumps(rules))
    with pytest.raises(CommandFailed) as refused:
        app(args=["serve", "--faults", str(file)], standalone_mode=False)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param([], "0 accounts. Fix: 1 to 64", id="none"),
        pytest.param([{"name": "a"}], "missing required field `key`", id="no key"),
        pytest.param([{"name": "a", "key": "k", "odd": 1}], "unknown field `odd`", id="odd field"),
        pytest.param(
            [{"name": "a", "key": "k"}, {"name": "b", "key": "k"}], "key 'k' stands 2 times", id="twice"
        ),
        pytest.param(
            [{"name": "a", "key": "k", "balance": "-1"}], "account 'a': balance '-1' is not", id="balance"
        ),
    ],
)
def test_accounts_that_make_no_sense_are_refused_with_their_place(
    rows: list[dict[str, Any]], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps(rows))
    with pytest.raises(ValueError, match=r"^--accounts ") as refused:
        read_accounts(file)
    assert message in str(refused.value)


async def test_a_venue_out_of_reach_is_said_with_its_name_and_an_exit_code_of_its_own() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        source = open_source("binanceusdm", ["BTCUSDT"], url=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        try:
            with pytest.raises(
                SourceSilentError, match=r"^mirror binanceusdm: ExchangeNotAvailable"
            ) as silent:
                async with asyncio.timeout(30):
                    await source.bars("BTCUSDT", 2)
        finally:
            await source.close()
    text, code = explain(silent.value)
    assert (code, text) == (ExitCode.UNANSWERED, str(silent.value))
