"""What the house rules look at: files and their syntax trees. A rule that sees nothing fails."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file: `name` relative to the root, its text and its tree."""

    name: str
    text: str
    tree: ast.Module


def parse(text: str, name: str = "fixture.py") -> Source:
    return Source(name=name, text=text, tree=ast.parse(text))


def sources(*directories: str) -> list[Source]:
    """Every Python file below the directories; a directory without one is an error, not a pass."""
    found = []
    for directory in directories:
        files = sorted((ROOT / directory).rglob("*.py"))
        if not files:
            raise FileNotFoundError(
                f"{directory} holds no Python file: this rule would pass by seeing nothing"
            )
        found += [parse(file.read_text(encoding="utf-8"), str(file.relative_to(ROOT))) for file in files]
    return found


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (
        node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def calls(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name it is made by ("" where it is not a plain name)."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""


def tracked_files() -> list[Path]:
    """The files git tracks or would track; without git, every file outside hidden directories."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listing = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
        ).stdout
        names: Iterable[Path] = (ROOT / name for name in listing.split("\0") if name)
    except (OSError, subprocess.SubprocessError):
        names = (
            path
            for path in ROOT.rglob("*")
            if not any(p.startswith(".") for p in path.relative_to(ROOT).parts)
        )
    files = sorted(path for path in names if path.is_file() and "__pycache__" not in path.parts)
    if not files:
        raise FileNotFoundError("no tracked file found: this rule would pass by seeing nothing")
    return files
