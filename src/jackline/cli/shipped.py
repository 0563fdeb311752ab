"""Files that come with the package. In a wheel they lie inside it; in a checkout, where they are written."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import jackline
from jackline.cli.errors import CommandFailed, ExitCode

PACKED = "files"
"""The directory in the wheel; pyproject.toml puts the same names there."""
WRITTEN = {"jackline.toml": "jackline.example.toml", "examples": "examples", "deploy": "deploy"}
"""Where each name lies in a checkout."""
PROGRAM = "/opt/jackline/bin/jackline"
"""What units start, unless this installation has its own."""


def shipped() -> dict[str, Path]:
    """Every file by its name, sorted."""
    package = Path(jackline.__file__).parent
    packed, checkout = package / PACKED, package.parent.parent
    if packed.is_dir():
        roots = {name: packed / name for name in WRITTEN}
    else:
        roots = {name: checkout / written for name, written in WRITTEN.items()}
    return dict(sorted(pair for name, root in roots.items() for pair in _below(name, root)))


def _below(name: str, root: Path) -> Iterator[tuple[str, Path]]:
    if root.is_file():
        yield name, root
    for path in root.rglob("*"):
        if path.is_file():
            yield f"{name}/{path.relative_to(root).as_posix()}", path


def copied(files: Mapping[str, Path], directory: Path) -> tuple[Path, ...]:
    """Copy them, without the directories of their names. Raises CommandFailed before anything is written where one is
    in the way."""
    targets = {directory / Path(name).name: path for name, path in files.items()}
    taken = [target for target in targets if target.exists()]
    if taken:
        text = f"{taken[0]}: a file of that name is there; nothing was written. Fix: move it, or name another directory"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    directory.mkdir(parents=True, exist_ok=True)
    for target, path in targets.items():
        text = path.read_text(encoding="utf-8")
        target.write_text(
            text.replace(PROGRAM, program()) if path.suffix == ".service" else text, encoding="utf-8"
        )
    return tuple(sorted(targets))


def program() -> str:
    """The `jackline` of the environment that runs this; the usual place where there is none."""
    found = Path(sys.prefix) / "bin" / "jackline"
    return str(found) if found.exists() else PROGRAM
