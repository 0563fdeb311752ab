"""Planted secrets, a whole life of every process, and then a search of all that is left of it (S1).

The search is for each secret as it is and as programs spell it. The files that they came in are removed before it; the
vault stays, for it holds none in the clear.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from jackline.cli.errors import ExitCode
from jackline.core.ids import Role, parse_client_id
from jackline.store.boot import ENGINE_FILE
from tests.cli.test_account import Done, jackline
from tests.patience import patience
from tests.processes import LINE_S, Child, Exchange, Json, exchange, spawn, write_config

BTC, ETH = "BTCUSDT", "ETHUSDT"
RUNS = {"hold": False, "ratio": 1_200.0}
KEY = "CanaryKeyOfTheAccount" * 3
SECRET = "CanarySecretOfTheAccount" * 3
WORDS = "canary passphrase of the vault, five words"
ALERTED = "canary secret of the alerts"
ALWAYS = """
from dataclasses import dataclass
from jackline.core.ports import Signal
from jackline.core.values import Side

@dataclass(frozen=True)
class Always:
    name = "always"
    warmup_bars = 2

    def signal(self, bars):
        return Signal(side=Side.LONG, reason="always")
"""
BOTS = """
[keys]
unlock_file = "words"

[webhook]
secret_file = "webhook.secret"

[bot.trend]
file = "mine.py"
symbols = ["BTCUSDT"]

[bot.alerts]
strategy = "webhook"
symbols = ["ETHUSDT"]
"""


@dataclass
class Scene:
    """The directory of an account, and all that was ever said of it."""

    directory: Path
    planted: dict[str, str]
    children: list[Child] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def config(self) -> str:
        return str(self.directory / "jackline.toml")

    def private(self, name: str, text: str) -> str:
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    async def ask(self, *arguments: str, code: int = 0) -> Done:
        done = await jackline(*arguments, "--config", self.config)
        assert done.code == code, (arguments, done.said)
        self.answers += [done.out, done.said]
        return done

    async def start(self, *arguments: str) -> Child:
        child = await spawn(*arguments, "--config", self.config, log_level="debug")
        self.children.append(child)
        return child

    def said(self) -> str:
        lines = [json.dumps(line, ensure_ascii=False) for child in self.children for line in child.seen]
        noise = [text for child in self.children for text in child.noise]
        return "\n".join([*lines, *noise, *self.answers])


def spellings(secret: str) -> Iterator[bytes]:
    """A secret as it is, and as a program may have written it."""
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    yield base64.b64encode(raw)[: 4 * (len(raw) // 3)]
    yield quote(secret, safe="").encode()
    yield secret.encode("utf-16-le")
    yield raw[: len(raw) * 2 // 3]


def found_in(content: bytes, planted: dict[str, str]) -> list[str]:
    return [name for name, secret in planted.items() if any(one in content for one in spellings(secret))]


def written(directory: Path, url: str) -> None:
    (directory / "mine.py").write_text(ALWAYS)
    path = write_config(directory, url, risk__stop_value_fraction="0.08")
    text = path.read_text().replace(f'key_file = "{directory / "keys.toml"}"', 'key_name = "main"')
    path.write_text(text.replace('[strategy]\nname = "rsi_trend"\n', BOTS))
    (directory / "keys.toml").unlink()


async def planted(directory: Path) -> Scene:
    """Every kind of secret there is, given as an operator would give it; the files it came in are gone."""
    scene = Scene(directory, {"key": KEY, "secret": SECRET, "passphrase": WORDS, "webhook": ALERTED})
    scene.private("words", WORDS)
    scene.private("webhook.secret", ALERTED)
    files = ("--key-file", scene.private("k", KEY), "--secret-file", scene.private("s", SECRET))
    await scene.ask("keys", "add", "main", "--venue", "binance", *files)
    for name in ("k", "s"):
        (directory / name).unlink()
    file = str(directory / "admin.token")
    await scene.ask("token", "create", "--scope", "admin", "--name", "phone", "--file", file)
    factor = str(directory / "factor")
    await scene.ask("token", "totp", "phone", "--file", factor)
    scene.planted["token"] = taken(file).strip().rpartition("_")[2]
    scene.planted["factor"] = taken(factor).partition("secret=")[2].partition("&")[0]
    return scene


def taken(file: str) -> str:
    """What a file holds, which is gone then."""
    text = Path(file).read_text()
    Path(file).unlink()
    return text


def everything(directory: Path) -> dict[str, bytes]:
    """Every file that is left."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


async def entered(venue: Exchange, symbol: str) -> Json:
    """The testimony once an entry of ours has opened a position on the symbol, and its stop rests."""

    def is_there(seen: Json) -> bool:
        names = [
            parse_client_id(one["entry_client_id"]) for one in seen["episodes"] if one["symbol"] == symbol
        ]
        opened = any(name is not None and name.role is Role.ENTRY for name in names)
        return opened and any(one["symbol"] == symbol and one["status"] == "NEW" for one in seen["algos"])

    return await venue.witnessed(is_there)


async def alerted(url: str, **more: str) -> int:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LINE_S)) as http:
        body = {"secret": ALERTED, "bot": "alerts", "symbol": ETH, "side": "buy", **more}
        async with http.post(url, json=body) as answer:
            await answer.read()
            return answer.status


async def lived(scene: Scene, venue: Exchange) -> None:
    """Validate, trade, take alerts, be killed, come back, and be asked everything."""
    await scene.ask("keys", "validate", "main", "--json")
    # One after the other: each start takes a while, and longer beside others.
    watchdog = await scene.start("watchdog")
    await watchdog.event("watching")
    watchdog.drain()
    listener = await scene.start("webhook", "--port", "0")
    url = str((await listener.event("listening"))["url"])
    engine = await scene.start("engine")
    await engine.event("rung")
    await venue.post("market", RUNS)
    engine.drain()
    listener.drain()
    for pid in (child.process.pid for child in scene.children):
        arguments = await asyncio.to_thread(Path(f"/proc/{pid}/cmdline").read_bytes)
        assert not found_in(arguments, scene.planted)
    await entered(venue, BTC)
    assert await alerted(url, secret=f"{ALERTED}!") == 401
    assert await alerted(url, unknown=ALERTED) >= 400
    await engine.kill()
    again = await scene.start("engine")
    await again.event("running")
    again.drain()
    questions = (
        *(("positions", "--json"), ("orders", "--direct", "--json"), ("ledger", "days"), ("phase", "status")),
        *(("config", "show"), ("keys", "list", "--json"), ("token", "list"), ("audit", "list", "--json")),
    )
    for question in questions:
        await scene.ask(*question)
    await again.stop()
    await listener.stop()
    await watchdog.stop()


async def broken(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the venue gone: an exception nobody handles, its whole trace printed by the interpreter."""
    monkeypatch.setenv("JACKLINE_TRACEBACK", "1")
    engine = await scene.start("engine")
    engine.drain()
    async with patience(LINE_S):
        assert await engine.process.wait() == 1
        assert engine.draining is not None
        await engine.draining
    assert any("Traceback" in line for line in engine.noise)
    monkeypatch.delenv("JACKLINE_TRACEBACK")
    scene.private("words", WORDS + "!")
    scene.planted["wrong passphrase"] = WORDS + "!"
    await scene.ask("keys", "validate", "main", code=ExitCode.BAD_INPUT)


@pytest.mark.long  # half a minute; redaction itself is tested in the short command
@pytest.mark.timeout(300)
@pytest.mark.owns("S1")
async def test_S1_no_planted_secret_is_in_anything_that_is_left(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = tmp_path_factory.mktemp("venue") / "accounts.json"
    accounts.write_text(json.dumps([{"name": "main", "key": KEY, "secret": SECRET}]))
    written(tmp_path, "http://127.0.0.1:1")
    scene = await planted(tmp_path)
    async with exchange("--generate", f"{BTC},{ETH}", "--hold", "--accounts", str(accounts)) as venue:
        path = tmp_path / "jackline.toml"
        path.write_text(path.read_text().replace("http://127.0.0.1:1", venue.url))
        await lived(scene, venue)
    await broken(scene, monkeypatch)
    for name in ("words", "webhook.secret"):
        (tmp_path / name).unlink()
    said = scene.said()
    assert "BTCUSDT" in said, "something was said"
    assert found_in(said.encode(), scene.planted) == []
    left = everything(tmp_path)
    assert {f"state/{ENGINE_FILE}", "state/access.db", "keys/keys.json"} <= set(left)
    assert any(name.startswith("state/") and "tape" in name for name in left), sorted(left)
    assert {
        name: found for name, content in left.items() if (found := found_in(content, scene.planted))
    } == {}
    assert not [name for name in left if "core" in Path(name).name]


def test_the_search_finds_what_is_there() -> None:
    for content in (f"…{KEY}…", f'{{"a": "{quote(WORDS, safe="")}"}}', SECRET.encode().hex(), SECRET[:50]):
        assert found_in(content.encode(), {"one": KEY, "two": WORDS, "three": SECRET}) != []
    assert found_in(b"nothing of the kind", {"one": KEY, "two": WORDS}) == []
