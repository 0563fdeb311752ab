"""Redaction at the sink: secrets by value and by shape, in events, tracebacks and error texts."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.cli import logs, redaction
from jackline.cli.redaction import HIDDEN, RedactedStream, filtered, hide_named, hold, redacted

DEADLINE_S = 30
PLANTED = 'pL4nted"se/cret é'
KEY = "PlantedKeyOnTheWire0" * 3
TOKEN = "jl_admin_" + "0aZ" * 14 + "b"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What a test holds is not looked for in the next one."""
    held, pattern = dict(redaction._held), list(redaction._pattern)
    redaction._held.clear()
    redaction._pattern.clear()
    yield
    redaction._held.clear()
    redaction._held.update(held)
    redaction._pattern[:] = pattern


@pytest.mark.owns("S1")
@pytest.mark.parametrize(
    "said",
    [
        f"X-MBX-APIKEY: {KEY}",
        f"{{'X-MBX-APIKEY': '{KEY}'}}",
        json.dumps({"headers": json.dumps({"X-BX-APIKEY": KEY})}),
        f"authorization=Bearer {KEY}",
        f"refused: api_key={KEY}",
        f'"Authorization": "Basic {KEY}"',
        f"bearer {KEY}",
        f"GET /fapi/v1/order?symbol=BTCUSDT&timestamp=1&signature={KEY.encode().hex()}",
        f"signature%3D{KEY.encode().hex()}",
        f'{{"listenKey": "{KEY}"}}',
        f"ws://127.0.0.1:1/ws/{KEY}",
        f"wss://venue/private/ws?listenKey={KEY}&events=ORDER",
        f"token {KEY.replace(KEY, TOKEN)} was refused",
        "otpauth://totp/jackline:phone?secret=6VGBISA5NPTYULYOXQ4QW5QAWAVRTVGE&issuer=jackline",
    ],
)
def test_S1_what_has_the_shape_of_a_secret_is_removed(said: str) -> None:
    left = redacted(said)
    assert HIDDEN in left
    for secret in (KEY, KEY.encode().hex(), TOKEN[9:], "6VGBISA5NPTYULYOXQ4QW5QAWAVRTVGE"):
        assert secret not in left


@pytest.mark.parametrize(
    "said",
    [
        "order j3kq1700000000001d00196 rests at 99.10",
        "venue.key_file: it must hold key and secret and nothing else. Fix: two lines",
        "ws://127.0.0.1:8090/ws/btcusdt@markPrice@1s",
        '{"event": "rung", "code": "C4", "symbol": "BTCUSDT", "rung": "stop_first"}',
        "head 7:b51cf123048da39b90a3d6a55d9f0c9633a0e6d3400d468cf05f757c231aeaf6",
        "the token phone was revoked",
    ],
)
def test_what_is_no_secret_stays(said: str) -> None:
    assert redacted(said) == said


@pytest.mark.owns("S1")
def test_S1_a_value_that_is_held_is_removed_however_it_is_spelt() -> None:
    assert PLANTED in redacted(PLANTED), "nothing is held yet"
    hold(PLANTED)
    spelt = (
        PLANTED,
        json.dumps({"a": PLANTED}),
        repr({"a": PLANTED}),
        quote(PLANTED, safe=""),
        f"x{PLANTED}y",
    )
    for text in spelt:
        left = redacted(text)
        assert HIDDEN in left
        assert "pL4nted" not in left
    hold(bytes(range(200, 232)))
    assert bytes(range(200, 232)).hex() not in redacted(f"key is {bytes(range(200, 232)).hex()}")
    assert "xc8" not in redacted(f"key is {bytes(range(200, 232))!r}")


def test_a_word_is_not_a_secret() -> None:
    hold("local", "")
    assert redacted("the local exchange") == "the local exchange"


@settings(deadline=None)
@given(st.text(min_size=8, max_size=80).filter(lambda text: text.strip() == text), st.text(max_size=20))
def test_whatever_is_held_never_leaves(secret: str, around: str) -> None:
    redaction._held.clear()  # one fixture stands around every example
    hold(secret)
    hold(secret * 2)
    assert secret not in redacted(f"{around}{secret}{around}{secret * 2}").replace(HIDDEN, "")


# -- the log -------------------------------------------------------------------------------------------------


def logged(monkeypatch: pytest.MonkeyPatch, form: str, **facts: object) -> str:
    """What a log line becomes, with an exception whose text and frames hold a secret."""
    stream = io.StringIO()
    monkeypatch.setenv("JACKLINE_LOG", form)
    monkeypatch.setattr(sys, "stdout" if form == "json" else "stderr", stream)
    before = structlog.get_config()
    try:
        logs.configure()
        try:
            raise RuntimeError(f"could not sign with {PLANTED}")
        except RuntimeError:
            structlog.get_logger("test").exception("broken", **facts)
    finally:
        structlog.configure(**before)
    return stream.getvalue()


@pytest.mark.owns("S1")
@pytest.mark.parametrize("form", ["json", "text"])
def test_S1_events_and_tracebacks_hold_no_secret(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    hold(PLANTED)
    said = logged(
        monkeypatch,
        form,
        url=f"/order?signature={KEY.encode().hex()}",
        nested={"passphrase": "four words and more", "rows": [{"text": PLANTED}]},
        api_key="short",
        token=TOKEN,
        odd=RuntimeError(PLANTED),
    )
    assert "broken" in said
    assert "could not sign with (hidden)" in said
    for secret in ("pL4nted", KEY.encode().hex(), "four words", '"short"', "api_key=short", TOKEN[9:]):
        assert secret not in said
    if form == "json":
        assert json.loads(said)["event"] == "broken", "it is still JSON"


def test_an_event_is_not_changed_in_the_hands_of_its_sender() -> None:
    nested = {"token": "kept"}
    shown = hide_named(None, "", {"event": "x", "nested": nested})
    assert shown["nested"] == {"token": HIDDEN}
    assert nested == {"token": "kept"}


def test_a_filtered_stream_is_the_stream_in_everything_else() -> None:
    hold(PLANTED)
    inner = io.StringIO()
    stream = filtered(inner)
    assert filtered(stream) is stream
    assert isinstance(stream, RedactedStream)
    print("a", PLANTED, file=stream, flush=True)
    stream.writelines([PLANTED, "\n"])
    assert inner.getvalue() == "a (hidden)\n(hidden)\n"
    assert stream.getvalue() == inner.getvalue()
    assert not stream.isatty()


@pytest.mark.owns("S1")
def test_S1_an_unhandled_exception_of_a_command_shows_no_secret_and_leaves_no_core(tmp_path: Path) -> None:
    """As a process, for the whole trace: the interpreter prints it, and nobody of ours."""
    code = (
        "import ctypes, os, resource, sys\n"
        "from jackline.cli import main as entry, redaction\n"
        f"redaction.hold({PLANTED!r})\n"
        "def broken(**_):\n"
        "    print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
        f"    raise RuntimeError('with ' + {PLANTED!r})\n"
        "entry.load = lambda name: broken\n"
        "sys.argv = ['jackline', 'orders']\n"
        "os.environ['JACKLINE_TRACEBACK'] = '1'\n"
        "entry.main()\n"
    )
    script = tmp_path / "broken.py"
    script.write_text(f"exec({code!r})\n")  # so that no line of the trace is the source itself
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 1
    assert "RuntimeError: with (hidden)" in done.stderr
    assert "pL4nted" not in done.stdout + done.stderr.replace(code, "")
    if sys.platform == "linux":
        assert done.stdout.split() == ["(0,", "0)", "0"], "no limit above 0, and not dumpable"
