"""The exchange as a process: what it prints, how it ends, how it refuses."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import jackline

# The very package under test, installed or not.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(jackline.__file__).parents[1])}
COMMAND = [sys.executable, "-m", "jackline", "exchange", "serve"]


def test_it_says_where_it_listens_answers_there_and_ends_on_sigterm() -> None:
    options = ["--ready-json", "--hold", "--bars", "3", "--generate", "btcusdt"]
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        try:
            if process.stdout is None:
                pytest.fail("no pipe")
            told: dict[str, int] = json.loads(process.stdout.readline())
            with urllib.request.urlopen(
                f"http://127.0.0.1:{told['port']}/local/v1/state", timeout=10
            ) as answer:
                state: dict[str, Any] = json.load(answer)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert told["pid"] == process.pid
    assert (state["start_ms"], state["end_ms"]) == (told["market_start_ms"], told["market_end_ms"])
    assert (state["held"], list(state["symbols"])) == (True, ["BTCUSDT"])


def test_it_speaks_the_wire_it_is_told_to() -> None:
    options = ["--ready-json", "--hold", "--bars", "3", "--generate", "btcusdt", "--wire", "bingx"]
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        try:
            if process.stdout is None:
                pytest.fail("no pipe")
            port = json.loads(process.stdout.readline())["port"]
            url = f"http://127.0.0.1:{port}/openApi/swap/v2/quote/contracts"
            with urllib.request.urlopen(url, timeout=10) as answer:
                (contract,) = json.load(answer)["data"]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert contract["symbol"] == "BTC-USDT"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--balance", "much"], "--balance 'much' is not an amount above 0. Fix: ", id="balance"),
        pytest.param(["--stop-while-flat", "maybe"], "fix: one of accept, refuse", id="switch"),
        pytest.param(["--data", "nowhere.csv"], "nowhere.csv", id="file"),
        pytest.param(["--data", "nowhere.csv", "--from", "noon"], "--from 'noon' is not a time", id="time"),
        pytest.param(["--generate", "BTCEUR"], "BTCEUR", id="symbol"),
        pytest.param(["--wire", "telex"], "--wire 'telex': fix: one of binance, bingx", id="wire"),
        pytest.param(["--wire", "bingx", "--tls-dir", "nowhere"], "leave one out", id="tls"),
    ],
)
def test_an_option_that_cannot_be_served_is_named_with_its_value(options: list[str], message: str) -> None:
    done = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False, env=ENVIRONMENT
    )
    assert done.returncode == 2
    assert message.casefold() in done.stderr.casefold()
    assert "Traceback" not in done.stderr
