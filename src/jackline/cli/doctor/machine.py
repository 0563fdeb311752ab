"""The machine: interpreter, packages, the directory of the account's records."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from jackline import __version__
from jackline.cli.config import MIB_BYTES, Config
from jackline.cli.demo.figures import nearest_rank
from jackline.cli.doctor.finding import Finding, fail, ok, warn
from jackline.core.values import WireMs
from jackline.engine import heartbeat
from jackline.store.host_disk import HostDisk
from jackline.store.lease import is_held

PYTHON_MIN = (3, 11)
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
FREE_BYTES_MIN = 64 * MIB_BYTES
"""A journal of weeks; below this a full disk is near, and then nothing enters (rule 2)."""
SPARE_BYTES = 256 * MIB_BYTES
"""Beside the tape: logs, databases, room to copy a store."""
SYNCS = 20
SYNC_BYTES = b"\0" * 4_096
SYNC_MS_HIGH = 100
"""An intent is on the disk before its entry leaves: this much later at the worst."""
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(==|>=)\s*([0-9][0-9.]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What is asked of the machine itself; a test gives another one."""

    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    sync: Callable[[int], None] = os.fsync


def software() -> Iterator[Finding]:
    """Interpreter and packages."""
    found = platform.python_version()
    if sys.version_info < PYTHON_MIN:
        yield fail("python", found, f"Python {'.'.join(map(str, PYTHON_MIN))} or newer")
    else:
        yield ok("python", f"{found} on {platform.system()} {platform.machine()}, jackline {__version__}")
    wrong = list(_wrong_packages())
    if wrong:
        yield fail("packages", "; ".join(wrong), "install jackline again: its wheel names what it needs")
    else:
        yield ok(
            "packages", f"all that this version needs; ccxt {version('ccxt')}, as its requests are checked"
        )


def _wrong_packages() -> Iterator[str]:
    """What is missing, or of another version than is asked for. Extras are told where they are needed."""
    for line in requires("jackline") or ():
        wanted = _REQUIREMENT.match(line)
        if wanted is None or "extra ==" in line:
            continue
        name, how, least = wanted.groups()
        try:
            found = version(name)
        except PackageNotFoundError:
            yield f"{name} is missing"
            continue
        if found != least if how == "==" else _parts(found) < _parts(least):
            yield f"{name} is {found}, needed {how}{least}"


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def records(config: Config, host: Host) -> Iterator[Finding]:
    """The directory of the account's records: who may write it, how much room, how fast, who runs in it."""
    path = next(one for one in (config.state_dir, *config.state_dir.parents) if one.exists())
    yield _permissions(config, path)
    yield _space(config, path, host)
    yield _sync(path, host, patience_ms=config.risk.entry_patience_ms)
    yield _engine(config)


def _permissions(config: Config, path: Path) -> Finding:
    """Who may write here decides what the account does: commands are rows of a file."""
    for one in (config.path, path):
        mode = one.stat().st_mode
        if mode & OTHERS_WRITE:
            seen = f"{one}: mode {stat.S_IMODE(mode):04o}: others may write it"
            return fail("records", seen, f"chmod go-w {one}")
    if not os.access(path, os.W_OK | os.X_OK):
        return fail("records", f"{path} cannot be written", "account.state_dir: a directory of this user")
    is_there = "" if path == config.state_dir else ", made by the first start"
    return ok("records", f"{config.state_dir}{is_there}")


def _space(config: Config, path: Path, host: Host) -> Finding:
    free, wanted = host.free_bytes(path), SPARE_BYTES + config.account.tape_mib_max * MIB_BYTES
    seen = f"{free // MIB_BYTES:_} MiB free"
    if free < FREE_BYTES_MIN:
        fix = f"free some: below {FREE_BYTES_MIN // MIB_BYTES} MiB; a full disk stops entries, never stops"
        return fail("disk space", seen, fix)
    if free < wanted:
        fix = f"{wanted // MIB_BYTES} MiB are wished for; account.tape_mib_max may be less"
        return warn("disk space", seen, fix)
    return ok("disk space", seen)


def _sync(path: Path, host: Host, *, patience_ms: int) -> Finding:
    """How long the disk takes to make four kilobytes durable: an entry waits for it, a stop does not."""
    took: list[float] = []
    try:
        with tempfile.NamedTemporaryFile(dir=path, prefix=".doctor-") as file:
            for _ in range(SYNCS):
                file.write(SYNC_BYTES)
                file.flush()
                began = time.perf_counter()
                host.sync(file.fileno())
                took.append((time.perf_counter() - began) * 1_000)
    except OSError as error:
        return fail("disk sync", f"{path}: {error.strerror}", "a disk that can be written")
    worst = max(took)
    seen = f"p50 {nearest_rank(took, 50):.1f} ms, slowest {worst:.1f} ms of {SYNCS}"
    if worst > patience_ms:
        return fail("disk sync", seen, f"entries are given up after {patience_ms} ms: another disk")
    if worst > SYNC_MS_HIGH:
        return warn("disk sync", seen, "entries wait so long for it: a local disk, nothing busy beside it")
    return ok("disk sync", seen)


def _engine(config: Config) -> Finding:
    """Who holds the lease, and whether it makes progress."""
    disk = HostDisk()
    holder = is_held(disk, config.state_dir)
    if holder is None:
        return ok("engine", f"none runs; the lease of {config.account.name} is free")
    silent = heartbeat.silence(heartbeat.read(disk, config.state_dir), WireMs(time.time_ns() // 1_000_000))
    if silent is not None:
        fix = "see its log; jackline close-all --direct closes at the venue, whatever it does"
        return fail("engine", f"process {holder.pid} holds the lease, and {silent}", fix)
    return ok("engine", f"process {holder.pid} runs and makes progress")
