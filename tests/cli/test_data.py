"""`jackline data`: what it says, what it exits with, and that nothing is written that is not believed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from jackline.cli.data_time import read_ms
from jackline.cli.errors import CommandFailed, ExitCode, explain
from jackline.cli.main import load
from jackline.cli.page import WIDTH, fitted
from jackline.data.manifest import manifest_path
from jackline.data.problems import DataRefused
from tests.data.making import MINUTE_MS, lines_of, quoted_elsewhere, wandering, without, write
from tests.data.test_download import FIRST_MS, SERVED_FROM, venue
from tests.exchange.served import Served
from tests.patience import patience

MARKET = wandering(600)


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets go to data/ where the command runs."""
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> int:
    """The exit code; what is raised is said on standard error as `main` says it."""
    try:
        load("data")(args=list(arguments), prog_name="jackline data")
    except SystemExit as ended:
        return int(ended.code or 0)
    except (DataRefused, CommandFailed) as error:
        text, code = explain(error)
        sys.stderr.write(f"{fitted(text)}\n")
        return int(code)
    raise AssertionError("a command ends by leaving")


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Both streams of a command that exits as expected, each line within the page."""
    found = run(*arguments)
    told = capsys.readouterr()
    assert found == code, told.err + told.out
    text = told.out + told.err
    assert all(len(line) <= WIDTH for line in text.splitlines() if "/" not in line)
    return text


def facts(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    found = run(*arguments, "--json")
    told = capsys.readouterr()
    assert found == code, told.err
    return json.loads(told.out)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_import_list_check_resample(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("BTC_USDT_USDT-5m-futures.feather"), without(MARKET, 50, 53))
    text = said(capsys, "import", "BTC_USDT_USDT-5m-futures.feather", "--venue", "binance")
    assert "binance-production-BTCUSDT-5m: 597 bars" in text
    assert "597 bars added" in text
    assert "3 bars missing in 1 place" in text
    write(Path("bingx-BTC-USDT-5m.csv.gz"), quoted_elsewhere(MARKET, bps=3))
    text = flat(said(capsys, "import", "bingx-BTC-USDT-5m.csv.gz"))
    assert "against binance-production-BTCUSDT-5m: 597 common closes, 2." in text
    listed = facts(capsys, "list")
    assert [(one["set"], one["rows"], one["gap_bars"]) for one in listed["sets"]] == [
        ("binance-production-BTCUSDT-5m", 597, 3),
        ("bingx-production-BTCUSDT-5m", 600, 0),
    ]
    assert "bingx-production-BTCUSDT-5m" in said(capsys, "list")
    text = said(capsys, "check")
    assert text.count(": holds") == 2
    assert "3 bars from 2025-06-15 19:25 UTC" in text
    assert flat(said(capsys, "resample", "bingx-production-BTCUSDT-5m", "15m")).endswith(
        "200 bars made, whole ones only"
    )
    again = facts(capsys, "resample", "bingx-production-BTCUSDT-5m", "15m")
    assert (again["made"], again["compared"], again["differing"]) == (False, 200, 0)


def test_check_says_why_a_set_is_refused_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        write(Path(f"{symbol}.csv"), without(MARKET, 50, 53))
        said(capsys, "import", f"{symbol}.csv", "--venue", "binance")
    damaged = Path("data/binance-production-BTCUSDT-5m.parquet")
    damaged.write_bytes(damaged.read_bytes()[:-1])
    text = said(capsys, "check", code=2)
    assert "BTCUSDT-5m.parquet: REFUSED" in text
    assert "changed hash" in text
    assert "ETHUSDT-5m.parquet: holds" in text
    found = facts(capsys, "check", code=2)
    assert [one["holds"] for one in found["sets"]] == [False, True]
    assert found["sets"][0]["refusal"]["what"].startswith("changed hash")
    assert found["sets"][1]["report"]["gaps"] == [{"first_ms": int(MARKET.open_ms[50]), "bars": 3}]
    text = said(capsys, "check", "binance-production-ETHUSDT-5m", "--strict", code=2)
    assert "gaps or frozen prices: 3 bars missing" in text


def test_check_takes_a_file_too(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(Path("BTCUSDT.csv"), MARKET)
    assert f"{path}: holds" in said(capsys, "check", str(path))
    text = said(capsys, "check", "nothing.csv", code=2)
    assert "no such set or file" in text


@pytest.mark.owns("D3")
def test_a_testnet_file_as_production(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("binance-BTCUSDT.csv"), MARKET)
    said(capsys, "import", "binance-BTCUSDT.csv")
    write(Path("bingx-BTCUSDT.csv"), quoted_elsewhere(MARKET, bps=120))
    text = flat(said(capsys, "import", "bingx-BTCUSDT.csv", code=2))
    assert "not the prices of a production market" in text
    assert "Fix: import them with --environment testnet" in text
    assert [path.name for path in Path("data").glob("*.parquet")] == ["binance-production-BTCUSDT-5m.parquet"]
    said(capsys, "import", "bingx-BTCUSDT.csv", "--environment", "testnet")
    known = Path("data/bingx-testnet-BTCUSDT-5m.parquet")
    copy = Path("okx-BTCUSDT.parquet")
    copy.write_bytes(known.read_bytes())
    assert "these are prices of testnet" in flat(said(capsys, "import", str(copy), code=2))
    manifest_path(copy).write_bytes(manifest_path(known).read_bytes())
    text = flat(said(capsys, "import", str(copy), "--venue", "bingx", code=2))
    assert "data of another environment: environment 'testnet', expected 'production'" in text


def test_what_a_file_does_not_say_must_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("candles.csv"), MARKET)
    assert "Its path names no venue. Fix: --venue binance" in flat(
        said(capsys, "import", "candles.csv", code=2)
    )
    assert "no symbol" in said(capsys, "import", "candles.csv", "--venue", "binance", code=2)
    text = said(capsys, "import", "candles.csv", "--venue", "binance", "--symbol", "BTC-USDT")
    assert "binance-production-BTCUSDT-5m" in text
    assert "no environment: 'mainnet'" in said(
        capsys,
        "import",
        "candles.csv",
        "--venue",
        "okx",
        "--symbol",
        "BTCUSDT",
        "--environment",
        "mainnet",
        code=2,
    )


def test_an_import_that_contradicts_the_set_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("binance-BTCUSDT.csv"), MARKET.part(0, 400))
    said(capsys, "import", "binance-BTCUSDT.csv")
    lines = lines_of(MARKET)
    lines[300] = lines[300].rsplit(",", 1)[0] + ",1234.5"
    Path("binance-BTCUSDT.csv").write_text("\n".join(lines))
    text = flat(said(capsys, "import", "binance-BTCUSDT.csv", code=2))
    assert "completed bars are told otherwise than before: 1 bar; the first, " in text
    assert facts(capsys, "list")["sets"][0]["rows"] == 400
    done = facts(capsys, "import", "binance-BTCUSDT.csv", "--accept-changes")["sets"][0]
    assert (done["added"], len(done["changed"]), done["manifest"]["revised"]) == (200, 1, 1)


def test_what_was_imported_before_a_refusal_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("binance-BTCUSDT.csv"), MARKET)
    Path("binance-ETHUSDT.csv").write_text("")
    text = said(capsys, "import", "binance-BTCUSDT.csv", "binance-ETHUSDT.csv", code=2)
    assert "600 bars added" in text
    assert "empty file: 0 bytes" in text


def test_funding_too(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("binance-BTCUSDT-funding.csv")
    path.write_text("timestamp,rate\n1749600000000,0.0001\n1749628800000,-0.00005\n")
    assert "binance-production-BTCUSDT-funding: 2 settlements" in said(
        capsys, "import", str(path), "--funding"
    )
    assert "2 settlements" in said(capsys, "check")
    path.write_text("timestamp,rate\n1749600000000,0.01\n1749628800000,0.01\n")
    assert "funding rates are no fractions" in said(capsys, "import", str(path), "--funding", code=2)


def test_an_unfinished_bar_is_left_out_with_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    """By the real clock: the last bar ends a minute from now at the latest."""
    now_ms = read_ms(_now(), "now")
    last_ms = now_ms // MINUTE_MS * MINUTE_MS
    recent = wandering(60, interval_ms=MINUTE_MS, start_ms=last_ms - 58 * MINUTE_MS)
    write(Path("binance-BTCUSDT.csv"), recent)
    done = facts(capsys, "import", "binance-BTCUSDT.csv")["sets"][0]
    assert done["manifest"]["rows"] in {58, 59}
    assert "unfinished bar" in done["notes"][0]


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat()


def test_times_are_utc_or_say_their_zone() -> None:
    assert read_ms("2025-10-10", "--from") == 1_760_054_400_000
    assert read_ms("2025-10-10T21:15", "--from") == 1_760_130_900_000
    assert read_ms("2025-10-11T06:15+09:00", "--from") == 1_760_130_900_000
    assert read_ms("1760130900000", "--from") == 1_760_130_900_000
    with pytest.raises(CommandFailed, match=r"--from yesterday: no time\. Fix: "):
        read_ms("yesterday", "--from")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--venue", "nasdaq", "--symbol", "BTCUSDT"], "no such venue: 'nasdaq'"),
        (["--venue", "binance", "--symbol", "BTCUSDT", "--interval", "5x"], "no length of a bar: '5x'"),
        (["--venue", "binance", "--symbol", "BTCUSDT", "--environment", "generated"], "name it with --url"),
        (["--venue", "binance", "--symbol", "BTCUSDT", "--environment", "live"], "not known"),
        (
            ["--venue", "binance", "--symbol", "BTCUSDT", "--url", "http://203.0.113.1"],
            "not a loopback address",
        ),
        (
            ["--venue", "binance", "--symbol", "BTCUSDT", "--url", "http://a:b@127.0.0.1"],
            "not a loopback address",
        ),
        (["--venue", "binance", "--symbol", "BTCEUR", "--url", "http://127.0.0.1:1"], "no linear perpetual"),
        (
            ["--venue", "binance", "--symbol", "BTCUSDT", "--url", "http://127.0.0.1:1", "--from", "soon"],
            "--from soon: no time",
        ),
    ],
)
def test_an_order_that_cannot_be_carried_out(
    capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert told in flat(said(capsys, "download", *options, code=2))
    assert not list(Path().rglob("*.parquet"))


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_download_as_a_process_and_ctrl_c(tmp_path: Path) -> None:
    """Interrupted after its first page it says so, exits 130, and what it left is a whole set that goes on."""
    async with venue(tmp_path / "venue") as there:
        order = (
            *("download", "--venue", "binance", "--symbol", "BTC-USDT", "--from", str(FIRST_MS)),
            *("--url", there.served.url, "--directory", str(tmp_path / "data"), "--json"),
        )
        await there.fault(kind="slow", delay_ms=15_000, paths=["/fapi/v1/klines"], probability=1.0, count=2)
        process = await start(*order)
        assert process.stderr is not None
        async with patience(120):
            while not await asked(there.served):
                pass
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert process.returncode == 130, err
        assert b"the same command goes on from there" in err
        await there.served.http.delete(f"{there.served.url}/local/v1/faults")
        process = await start(*order)
        out, err = await process.communicate()
        assert process.returncode == ExitCode.DONE, err
        assert b"BTCUSDT 5m: 1,000 of 1,400" in err
        (done,) = json.loads(out)["sets"]
        assert done["manifest"]["rows"] == SERVED_FROM
        assert done["manifest"]["environment"] == "generated"


async def asked(served: Served) -> bool:
    """Whether a rule has met a request."""
    async with served.http.get(f"{served.url}/local/v1/faults") as answer:
        return bool((await answer.json())["tally"])


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jackline", "data", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ,
    )
