"""The container files. No engine runs them here: what can be read is checked, and a linter asked where there is one."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import yaml

from jackline.cli.main import COMMANDS, load
from tests.house.source import ROOT

CONTAINER = ROOT / "deploy" / "container"
INSTRUCTIONS = frozenset(
    "ARG FROM ENV WORKDIR RUN COPY LABEL USER VOLUME STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD EXPOSE ADD SHELL".split()
)
SERVICE_KEYS = frozenset(
    "image build user network_mode read_only cap_drop security_opt tmpfs restart init ulimits memswap_limit mem_limit "
    "volumes command stop_grace_period healthcheck secrets environment oom_score_adj depends_on".split()
)
"""Of the Compose specification, those that are used here: a slip of the keyboard is none of them."""


def instructions() -> Iterator[tuple[str, str]]:
    """(name, the rest), continued lines joined, comments left out."""
    text = re.sub(r"^\s*#.*\n", "", (CONTAINER / "Dockerfile").read_text(), flags=re.M)
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, rest


def compose() -> dict[str, Any]:
    found = yaml.safe_load((CONTAINER / "compose.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_every_instruction_is_known_and_the_last_stage_is_not_root() -> None:
    every = list(instructions())
    assert {name for name, _ in every} <= INSTRUCTIONS
    last = every[max(place for place, (name, _) in enumerate(every) if name == "FROM") :]
    users = [rest for name, rest in last if name == "USER"]
    assert users
    assert not users[-1].startswith(("0", "root"))
    assert any(name == "HEALTHCHECK" and "/livez" in rest for name, rest in last)
    entry = [rest for name, rest in last if name == "ENTRYPOINT"]
    assert entry == ['["jackline"]'], "the process itself: a shell in front of it would keep its signals"


def test_packages_come_by_the_lock() -> None:
    installs = [
        part
        for name, rest in instructions()
        if name == "RUN"
        for part in re.split(r"&&|;", rest)
        if "pip install" in part
    ]
    assert installs
    for one in installs:
        assert "--constraint requirements.lock" in one or "--require-hashes" in one, one
        assert ("/uv pip" in one) == ("--constraint" in one), "pip takes no hashes from constraints"


def test_what_is_copied_exists_and_reaches_the_daemon() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    assert "*" in ignored, "what is not named stays outside: keys and states lie beside the code"
    for name, rest in instructions():
        words = shlex.split(rest)
        if name == "COPY" and not words[0].startswith("--from"):
            for source in words[:-1]:
                assert (ROOT / source).exists(), source
                assert any(fnmatchcase(source, one) or source.startswith(f"{one}/") for one in let_in), source


@pytest.mark.owns("P1")
def test_the_watchdog_starts_first_and_is_killed_last() -> None:
    services = compose()["services"]
    assert "watchdog" in services["engine"]["depends_on"]
    order = {name: service.get("oom_score_adj", 0) for name, service in services.items()}
    assert order["watchdog"] < order["engine"] < order["exchange"] < order["web"]


def test_every_service_is_held_alike_and_says_what_the_command_takes() -> None:
    document = compose()
    for name, service in document["services"].items():
        assert set(service) <= SERVICE_KEYS, name
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
        assert "stop_grace_period" in service
        assert "healthcheck" in service
        verb, *words = map(str, service["command"])
        assert verb in COMMANDS
        command: Any = load(verb)
        if getattr(command, "commands", None):
            command = command.commands[words[0]]
        spelt = {one for param in command.params for one in param.opts}
        assert {word for word in words if word.startswith("--")} <= spelt
        for secret in service.get("secrets", ()):
            assert secret in document["secrets"]
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert source in document["volumes"] or source.startswith("${")


@contextmanager
def answering(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/livez"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_tells_well_from_stuck(status: int, code: int) -> None:
    with answering(status) as url:
        done = subprocess.run(
            [sys.executable, "-I", str(CONTAINER / "health.py"), url],
            capture_output=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == code


@pytest.mark.skipif(
    shutil.which("hadolint") is None, reason="hadolint is missing: the Dockerfile was not linted"
)
def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    done = subprocess.run(
        ["hadolint", str(CONTAINER / "Dockerfile")], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
