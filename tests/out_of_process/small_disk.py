"""A disk that can be full: a small file system where that is allowed, else a limit on the processes' files."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SIZE = "16m"
CHUNK = bytes(1 << 16)
COMMAND_S = 10


@dataclass
class SmallDisk:
    """The state directory's disk. `mounted`: a file system of its own, where full means ENOSPC for everyone.

    Without one, the processes' files may not grow: EFBIG, which a process started later does not inherit.
    """

    directory: Path
    mounted: bool
    _limited: list[int] = field(default_factory=list)

    @property
    def _ballast(self) -> Path:
        return self.directory / "ballast"

    def fill(self, pids: list[int]) -> None:
        """Full from here on, for these processes at least."""
        if not self.mounted:
            self._limited = pids
            for pid in pids:
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
            return
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while file.write(CHUNK):
                continue

    def free(self) -> None:
        """Room again."""
        for pid in self._limited:
            with suppress(ProcessLookupError):
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        self._limited = []
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(directory: Path, *, size: str = SIZE) -> Iterator[SmallDisk]:
    """A small disk at this directory, gone with the block."""
    directory.mkdir()
    mounted = os.geteuid() == 0 and _runs(
        "mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(directory)
    )
    disk = SmallDisk(directory, mounted)
    try:
        yield disk
    finally:
        disk.free()
        if mounted and not _runs("umount", str(directory)):
            _runs("umount", "--lazy", str(directory))


def _runs(*command: str) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=COMMAND_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
