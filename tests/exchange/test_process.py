"""The exchange as a process: what it prints, how it ends, how it refuses."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import jackline
from tests.exchange.served import signed_text

# The very package under test, installed or not.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(jackline.__file__).parents[1])}
COMMAND = [sys.executable, "-m", "jackline", "exchange", "serve"]


def unwrapped(text: str) -> str:
    """One line of what was broken to fit a screen."""
    return " ".join(text.split())


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
    assert message.casefold() in unwrapped(done.stderr).casefold()
    assert "Traceback" not in done.stderr


def test_it_serves_the_accounts_of_a_file_and_the_faults_of_another(tmp_path: Path) -> None:
    accounts = [
        {"name": "one", "key": "k1", "secret": "s1", "balance": "500"},
        {"name": "two", "key": "k2", "trades": False, "addresses": ["127.0.0.1"]},
    ]
    (tmp_path / "accounts.json").write_text(json.dumps(accounts))
    (tmp_path / "faults.json").write_text(json.dumps([{"kind": "refuse", "code": -1008, "account": "one"}]))
    options = ["--ready-json", "--hold", "--bars", "3", "--generate", "btcusdt"]
    files = ["--accounts", str(tmp_path / "accounts.json"), "--faults", str(tmp_path / "faults.json")]
    with subprocess.Popen(
        [*COMMAND, *options, *files], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        try:
            if process.stdout is None:
                pytest.fail("no pipe")
            url = f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
            (row,) = signed(url, "/fapi/v3/balance", key="k2", secret="k2")
            with pytest.raises(urllib.error.HTTPError) as refused:
                signed(url, "/fapi/v3/balance", key="k1", secret="s1")
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert (row["accountAlias"], row["balance"]) == ("two", "10000.00000000")
    with refused.value as answer:
        assert (answer.code, json.load(answer)["code"]) == (503, -1008)


def signed(url: str, path: str, *, key: str, secret: str) -> Any:
    query = signed_text(secret, {"timestamp": int(time.time() * 1_000)})
    request = urllib.request.Request(f"{url}{path}?{query}", headers={"X-MBX-APIKEY": key})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)
