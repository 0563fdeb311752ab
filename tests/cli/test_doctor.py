"""`jackline doctor`: well where all is well, at both venues over the real wire; each fault planted, found and told."""

from __future__ import annotations

import json
import socket
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.cli.doctor.examine import Wishes, findings
from jackline.cli.doctor.finding import Finding, Grade, exit_code
from jackline.cli.doctor.machine import Host, records
from jackline.cli.doctor.page import lines
from jackline.cli.main import load
from jackline.cli.page import WIDTH
from tests.processes import Exchange, Json, exchange, write_config

NOWHERE = "http://127.0.0.1:1"
BARS = ("--from", "now", "--bars", "300", "--interval-ms", "60000", "--speed", "120")
FREE_PORT = {"web__port": "0", "venue__bar_interval": '"1m"'}
BINGX = {"venue__name": '"bingx"', "venue__symbols": '["BTC-USDT", "ETH-USDT"]'}


async def seen(config: Path, **wishes: object) -> dict[str, list[Finding]]:
    """What each check found, with the fewest requests there can be."""
    found: dict[str, list[Finding]] = defaultdict(list)
    plain = Wishes(config=config, requests=10)
    async for one in findings(replace(plain, **wishes)):  # type: ignore[arg-type] # fields by name
        found[one.check].append(one)
        assert all(len(line) <= WIDTH or max(map(len, line.split())) > WIDTH // 2 for line in lines([one]))
    return found


def grades(found: Mapping[str, list[Finding]], *, but: Grade = Grade.OK) -> dict[str, str]:
    """Every check that stands otherwise, with what was seen."""
    return {check: one.seen for check, rows in found.items() for one in rows if one.grade is not but}


def only(found: Mapping[str, list[Finding]], check: str, grade: Grade) -> Finding:
    """The one line of a check; a failing one says what to do."""
    one = next(row for row in found[check] if row.grade is grade)
    assert one.fix
    return one


@pytest.mark.parametrize("venue", ["binance", pytest.param("bingx", marks=pytest.mark.long)])
@pytest.mark.timeout(120)
async def test_all_is_well_and_a_canary_leaves_nothing_behind(tmp_path: Path, venue: str) -> None:
    named = BINGX if venue == "bingx" else {}
    async with exchange(*BARS, "--wire", venue) as served:
        config = write_config(tmp_path, served.url, **FREE_PORT, **named)
        await bars_there(served)
        found = await seen(config, sings=True)
        assert grades(found) == {}, found
        assert exit_code(one for rows in found.values() for one in rows) == 0
        assert [one.seen.split()[1] for one in found["canary"]] == (
            ["attached:"] * 2 if venue == "bingx" else ["stop_first:"] * 2
        )
        told = await served.get("witness")
        assert told["episodes"] == []
        assert {one["status"] for one in told["algos"]} <= {"CANCELED"}
        assert {one["status"] for one in told["orders"]} <= {"EXPIRED", "CANCELED"}


async def bars_there(served: Exchange) -> None:
    """Until the market has completed a bar."""
    start = await served.get("state")
    while (await served.get("state"))["market_ms"] < start["start_ms"] + 180_000:
        pass


@pytest.mark.timeout(180)
@pytest.mark.long
async def test_each_fault_that_is_planted_at_the_venue_is_found(tmp_path: Path) -> None:
    async with exchange(*BARS, "--generate", "BTCUSDT,SOLUSDT") as served:
        await bars_there(served)
        wrong = {
            **FREE_PORT,
            "venue__position_mode": '"hedge"',
            "venue__symbols": '["BTCUSDT", "SOLUSDT", "NONEUSDT"]',
            "risk__leverage": "125",
            "risk__stop_value_fraction": "0.004",
            "risk__size_mode": '"fixed"',
            "risk__size_fixed_quote": "7",
        }
        await served.post("switches", {"whims": {"clock_ahead_ms": 900}})
        await served.post("switches", {"accounts": {"main": {"withdraws": True}}})
        await served.signed("POST", "/fapi/v1/order", **market_order())
        found = await seen(write_config(tmp_path, served.url, **wrong))
        assert "beyond 500 ms no entry leaves" in only(found, "clock", Grade.FAIL).seen
        assert "behind the venue's" in found["clock"][0].seen
        assert "S3: it may withdraw" in only(found, "key's rights", Grade.FAIL).seen
        assert "the account is in netting" in only(found, "position mode", Grade.FAIL).seen
        assert 'venue.position_mode = "netting"' in found["position mode"][0].fix
        assert "BTCUSDT long" in only(found, "positions", Grade.FAIL).seen
        sizes = " ".join(one.seen for one in found["sizes"] if one.grade is Grade.FAIL)
        assert "NONEUSDT: the venue lists no such perpetual" in sizes
        assert "BTCUSDT at" in sizes
        assert "SOLUSDT allows" in only(found, "leverage", Grade.FAIL).seen
        await served.post("switches", {"accounts": {"main": {"withdraws": False, "trades": False}}})
        await served.post("faults", {"kind": "no_dial"})
        await served.post("faults", {"kind": "slow", "delay_ms": 400.0, "methods": ["GET"]})
        sol = {"venue__symbols": '["BTCUSDT", "SOLUSDT"]'}
        found = await seen(write_config(tmp_path, served.url, **FREE_PORT, **sol))
        assert "may not trade" in only(found, "key's rights", Grade.FAIL).seen
        assert "did not open" in only(found, "user stream", Grade.FAIL).seen
        assert found["latency"][0].grade in {Grade.WARN, Grade.FAIL}


def market_order() -> dict[str, str]:
    return {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}


def test_a_dead_venue_is_one_line_and_the_exit_code_is_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(tmp_path, NOWHERE, **FREE_PORT)
    with pytest.raises(SystemExit) as ended:
        load("doctor")(args=[str(config), "--json"], prog_name="jackline doctor")
    told: Json = json.loads(capsys.readouterr().out)
    assert (ended.value.code, told["exit_code"]) == (2, 2)
    by_check = {one["check"]: one for one in told["checks"]}
    assert by_check["venue"]["grade"] == "fail"
    assert "jackline run" in by_check["venue"]["fix"]
    assert {
        one["grade"] for one in told["checks"] if one["check"] in {"clock", "latency", "user stream"}
    } == {"skip"}


def test_a_disk_that_is_full_or_slow_and_files_that_others_write(tmp_path: Path) -> None:
    path = write_config(tmp_path, NOWHERE)
    config = load_config(path)

    def found(host: Host) -> dict[str, Finding]:
        return {one.check: one for one in records(config, host)}

    def slow(_: int) -> None:
        until = time.perf_counter() + 0.12
        while time.perf_counter() < until:
            pass

    def refuses(_: int) -> None:
        raise OSError(28, "No space left on device")

    full = found(Host(free_bytes=lambda _: 20 << 20, sync=slow))
    assert (full["disk space"].grade, full["disk sync"].grade) == (Grade.FAIL, Grade.WARN)
    assert "20 MiB free" in full["disk space"].seen
    assert "a local disk" in full["disk sync"].fix
    assert found(Host(free_bytes=lambda _: 300 << 20))["disk space"].grade is Grade.WARN
    assert "No space left" in found(Host(sync=refuses))["disk sync"].seen
    path.chmod(0o666)
    assert "chmod go-w" in found(Host())["records"].fix


async def test_S1_a_key_that_others_read_is_told_and_the_rest_is_examined(tmp_path: Path) -> None:
    config = write_config(tmp_path, NOWHERE, **FREE_PORT)
    (tmp_path / "keys.toml").chmod(0o644)
    (tmp_path / "web.token").write_text("planted")
    (tmp_path / "web.token").chmod(0o644)
    found = await seen(config)
    assert "S1" in only(found, "key", Grade.FAIL).seen
    assert "chmod 600" in found["key"][0].fix
    assert "lets others read it" in only(found, "tokens", Grade.FAIL).seen
    assert found["disk space"][0].grade is Grade.OK


async def test_C1_every_problem_of_a_configuration_is_a_line(tmp_path: Path) -> None:
    config = write_config(tmp_path, NOWHERE, risk__leverage="500", venue__bar_interval='"7m"')
    found = await seen(config)
    assert [one.seen.split(":")[0] for one in found["configuration"]] == [
        "venue.bar_interval",
        "risk.leverage",
    ]
    assert "disk space" not in found


@pytest.mark.long
async def test_a_port_that_somebody_else_has_and_alerts_that_go_nowhere(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        urls = tmp_path / "alerts.urls"
        urls.write_text(f"json://127.0.0.1:{port + 1 if port < 65_000 else port - 1}\n")
        urls.chmod(0o644)
        config = write_config(
            tmp_path,
            NOWHERE,
            web__port=str(port),
            alerts__urls_file='"alerts.urls"',
            alerts__deadman_url_file='"deadman.url"',
        )
        found = await seen(config)
        assert "in use" in only(found, "dashboard", Grade.FAIL).seen
        assert "S1" in only(found, "alerts", Grade.FAIL).seen
        assert "cannot be read" in only(found, "dead-man ping", Grade.FAIL).seen
        deadman = tmp_path / "deadman.url"
        deadman.write_text(f"http://127.0.0.1:{port}/ping\n")
        deadman.chmod(0o600)
        found = await seen(config)
        assert found["dead-man ping"][0].grade is Grade.OK


async def test_without_a_file_the_machine_is_examined(tmp_path: Path) -> None:
    found = await seen(tmp_path / "none.toml")
    assert "cannot be read" in only(found, "configuration", Grade.FAIL).seen
    told = [one async for one in findings(Wishes(config=None))]
    assert [one.check for one in told] == ["python", "packages", "configuration"]
    assert exit_code(told) == 0
