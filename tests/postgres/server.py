"""A real PostgreSQL server of Debian's binaries, of this test alone: a socket in a directory, no port, fsync on."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

USERS = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; whoever is there first stands in."""
READY_S = 20.0
SMALL = (
    "-c",
    "shared_buffers=16MB",
    "-c",
    "max_connections=60",
    "-c",
    "fsync=on",
    "-c",
    "max_worker_processes=2",
)


def binaries() -> Path | None:
    """The newest `bin` with a server in it; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return None if on_path is None else Path(on_path).resolve().parent


class Server:
    """A cluster and the process that serves it. Its directory has a short name: a socket's path is 107 bytes."""

    def __init__(
        self, bin_dir: Path, directory: Path, *, port: int | None = None, follows: Server | None = None
    ) -> None:
        """With a `port` it also listens on 127.0.0.1; one that `follows` another is a standby of it."""
        self._bin, self._directory = bin_dir, directory
        self._listening = ("-h", "") if port is None else ("-h", "127.0.0.1", "-p", str(port))
        self._port = port or 5432
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _other_user()
        if self._user is not None:
            os.chown(directory, *self._user)
        data = str(directory / "data")
        if follows is None:
            self._call("initdb", "--pgdata", data, "--auth=trust", "--username=jackline", "--no-sync")
        else:
            self._call("pg_basebackup", "-D", data, "-d", follows.url, "-R", "-c", "fast", "--no-sync")

    @property
    def directory(self) -> str:
        """Of its socket: a host by libpq's word."""
        return str(self._directory)

    @property
    def url(self) -> str:
        return f"postgresql://jackline@/postgres?host={self._directory}&port={self._port}"

    def url_at(self, host: str) -> str:
        """Over TCP; of one that has a port."""
        return f"postgresql://jackline@{host}:{self._port}/postgres"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        arguments = (
            "-D",
            str(self._directory / "data"),
            "-k",
            str(self._directory),
            *self._listening,
            *SMALL,
        )
        with (self._directory / "log").open("ab") as log:
            self._process = self._popen("postgres", *arguments, log=log)
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError((self._directory / "log").read_text())

    def stop(self) -> None:
        """Fast, and whether or not it runs."""
        if self._process is not None and self.is_up:
            for pid in self._all_pids():
                os.kill(pid, signal.SIGCONT)
            self._process.send_signal(signal.SIGINT)
            self._process.wait(READY_S)

    def kill(self) -> None:
        """SIGKILL to the server and to every backend, as when the machine goes."""
        assert self._process is not None
        for pid in self._all_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(READY_S)

    def pause(self) -> None:
        """SIGSTOP to all of it: connections stand, nobody answers."""
        for pid in self._all_pids():
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        for pid in self._all_pids():
            os.kill(pid, signal.SIGCONT)

    def promote(self) -> None:
        """A standby becomes a server that takes writes."""
        self._call("pg_ctl", "promote", "-D", str(self._directory / "data"))

    def _all_pids(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def _answers(self) -> bool:
        done = subprocess.run([self._bin / "pg_isready", "-q", "-d", self.url], check=False)
        return done.returncode == 0

    def _call(self, name: str, *arguments: str) -> None:
        with (self._directory / "log").open("ab") as log:
            if self._popen(name, *arguments, log=log).wait(60) != 0:
                raise RuntimeError((self._directory / "log").read_text())

    def _popen(self, name: str, *arguments: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        user, group = self._user or (None, None)
        return subprocess.Popen(
            [str(self._bin / name), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
            cwd=self._directory,
            start_new_session=True,
        )


def _other_user() -> tuple[int, int] | None:
    if os.getuid() != 0:
        return None
    for name in USERS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise RuntimeError(f"root may not run PostgreSQL, and none of {USERS} is here")


@contextlib.contextmanager
def running(bin_dir: Path, *, port: int | None = None, follows: Server | None = None) -> Iterator[Server]:
    """A server until the end of the block."""
    directory = Path(tempfile.mkdtemp(prefix="jl-pg-"))
    directory.chmod(0o700)
    try:
        with running_in(bin_dir, directory, port=port, follows=follows) as server:
            yield server
    finally:
        shutil.rmtree(directory)


@contextlib.contextmanager
def running_in(
    bin_dir: Path, directory: Path, *, port: int | None = None, follows: Server | None = None
) -> Iterator[Server]:
    """A server in an empty directory, which stays."""
    server = Server(bin_dir, directory, port=port, follows=follows)
    try:
        server.start()
        yield server
    finally:
        server.stop()
