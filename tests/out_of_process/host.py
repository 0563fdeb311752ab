"""What a host does to its processes: memory taken away, a disk gone read-only, the clock stepped.

Each is the kernel's own doing where the kernel lets us: a memory cgroup that kills, a journalling file system that
aborts. Only the clock is ours: a library laid over `clock_gettime`, since a time namespace moves every clock but the
one of the wall.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.out_of_process.lasting import lasting
from tests.patience import patience

CGROUPS = Path("/sys/fs/cgroup/memory")
MEMORY_BYTES = 4 << 20
GLUTTON = "input(); hoard = [bytearray(1 << 20) for _ in range(64)]"
"""Smaller than the engine when the group is full, so that it is not the first to be killed."""
IMAGE_BYTES = 24 << 20
COMMAND_S = 20
DIES_S = 20.0
CLOCK_SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static volatile long long *step_ns;
__attribute__((constructor)) static void load(void) {
    const char *path = getenv("STEP_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *page = file < 0 ? MAP_FAILED : mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
    step_ns = page == MAP_FAILED ? 0 : page;
}
int clock_gettime(clockid_t clock, struct timespec *now) {
    int code = syscall(SYS_clock_gettime, clock, now);
    if (code == 0 && step_ns && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        long long all = now->tv_sec * 1000000000LL + now->tv_nsec + *step_ns;
        now->tv_sec = all / 1000000000LL;
        now->tv_nsec = all % 1000000000LL;
    }
    return code;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec exact;
    int code = clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return code;
}
time_t time(time_t *out) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (out) *out = exact.tv_sec;
    return exact.tv_sec;
}
"""

_numbers = count()


class Unavailable(Exception):
    """This machine cannot do it; the text says what is missing."""


async def out_of_memory(pid: int) -> None:
    """Return when the kernel has killed the process for want of memory. Raises Unavailable.

    A stranger in the same group takes more than the group may have, and the kernel ends the largest of its processes.
    """
    group = CGROUPS / f"jackline-{os.getpid()}-{next(_numbers)}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(MEMORY_BYTES))
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        raise Unavailable(f"no memory cgroup of version 1 can be made under {CGROUPS}: {error}") from error
    glutton = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GLUTTON, stdin=asyncio.subprocess.PIPE
    )
    members = group / "cgroup.procs"
    try:
        for member in (glutton.pid, pid):
            members.write_text(str(member))
        await glutton.communicate(b"\n")
        async with patience(DIES_S):
            while members.read_text():
                await lasting(20)
        told = (group / "memory.oom_control").read_text()
        assert "oom_kill 0" not in told, f"it ended, and not by the kernel: {told}"
    finally:
        if glutton.returncode is None:
            glutton.kill()
            await glutton.wait()
        with suppress(OSError):
            group.rmdir()


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A file system of its own in a file, that can fail as a real one does."""

    directory: Path
    image: Path

    def sync(self) -> None:
        """What stands on it outlives the failure."""
        _must("sync", "--file-system", str(self.directory))

    def fail(self) -> None:
        """The file system gives up writing over an error: every write answers EROFS from here on, open files too."""
        _must("mount", "-o", "remount,abort", str(self.directory))

    def mend(self) -> None:
        """What a person does: unmount, check, mount. Nobody may have a file open on it."""
        _must("umount", str(self.directory))
        _must("e2fsck", "-fy", str(self.image), allowed=(0, 1))
        _must("mount", "-o", "loop,errors=remount-ro", str(self.image), str(self.directory))


@contextmanager
def volume(directory: Path, image: Path, *, size: int = IMAGE_BYTES) -> Iterator[Volume]:
    """A fresh one mounted at the directory. Raises Unavailable."""
    for tool in ("mkfs.ext4", "e2fsck", "mount"):
        if shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            raise Unavailable(f"{tool} is not installed")
    directory.mkdir()
    with image.open("wb") as file:
        file.truncate(size)
    try:
        _must("mkfs.ext4", "-q", str(image))
        _must("mount", "-o", "loop,errors=remount-ro", str(image), str(directory))
    except OSError as error:
        raise Unavailable(f"no right to mount a file system of our own: {error}") from error
    try:
        yield Volume(directory=directory, image=image)
    finally:
        _must("umount", "--lazy", str(directory))


@dataclass(frozen=True, slots=True, kw_only=True)
class WallClock:
    """The wall clock of processes started `under`; every other clock is the machine's."""

    library: Path
    file: Path

    @property
    def under(self) -> tuple[str, ...]:
        return ("env", f"LD_PRELOAD={self.library}", f"STEP_FILE={self.file}")

    def step(self, by_ms: int) -> None:
        """They are this far ahead of the machine (negative: behind), at once."""
        with self.file.open("r+b") as file:
            file.write(struct.pack("q", by_ms * 1_000_000))


def wall_clock(directory: Path) -> WallClock:
    """Raises Unavailable."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise Unavailable("no C compiler: the library that steps the clock could not be built")
    source, library, file = (directory / name for name in ("step.c", "step.so", "step"))
    source.write_text(CLOCK_SOURCE)
    _must(compiler, "-shared", "-fPIC", "-O2", "-w", "-o", str(library), str(source))
    file.write_bytes(struct.pack("q", 0))
    return WallClock(library=library, file=file)


def _must(*command: str, allowed: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)
    if done.returncode not in allowed:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
