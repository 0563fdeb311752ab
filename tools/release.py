"""What a release needs: python3 x.py release COMMAND.

check             the lock: every requirement pinned and hashed, everything of pyproject.toml in it, no host named
notes [VERSION]   the fragments of changelog.d as the notes of a version, safety first; --write gathers them
sbom [FILE]       a bill of materials of the lock, CycloneDX 1.6 as JSON; without FILE on standard output
audit             known holes in what the lock names, by pip-audit; needs a database of them within reach

Exit codes: 0 well, 1 something was found, 2 bad input, 4 nobody answered for some package: not audited is not clean.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK, PROJECT, FRAGMENTS, LOG = (
    ROOT / name for name in ("requirements.lock", "pyproject.toml", "changelog.d", "CHANGELOG.md")
)
FOUND, BAD_INPUT, UNANSWERED = 1, 2, 4
AUDIT_S = 600
KINDS = {"safety": "Safety", "feature": "New", "change": "Changed", "fix": "Fixed"}
"""In this order: what concerns a position comes first."""
SAFETY_CODE = re.compile(r"([A-Z]\d)(, [A-Z]\d)*:")
HERE = "<!-- releases -->"
OURS = uuid.UUID("6f2f4b0e-6f0b-5d0c-9f43-9d5e4a1f3c11")
"""Names bills of materials: the same content has the same serial number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One package of the lock."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """One change, as it was written."""

    slug: str
    kind: str
    text: str


def pinned(text: str) -> Iterator[Pinned]:
    """Every package of a lock. Raises ValueError for a line that is neither a pin, a hash nor a comment."""
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        head, *hashes = line.split("--hash=sha256:")
        found = re.fullmatch(r"([A-Za-z0-9._-]+)==([^\s;]+)\s*(?:;\s*(.*))?", head.strip())
        if found is None:
            raise ValueError(f"not a pin: {head.strip()[:80]}")
        name, version, marker = found.groups()
        yield Pinned(
            name=canonical(name),
            version=version,
            marker=(marker or "").strip(),
            hashes=tuple(map(str.strip, hashes)),
        )


def canonical(name: str) -> str:
    """As PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(project: dict[str, Any]) -> set[str]:
    """Names of everything that pyproject.toml asks for, ours left out."""
    lists = [
        project["project"]["dependencies"],
        project["dependency-groups"]["dev"],
        project["build-system"]["requires"],
    ]
    lists += project["project"]["optional-dependencies"].values()
    names = {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0] for one in lists for line in one}
    return {canonical(name) for name in names} - {"jackline"}


def lock_faults(text: str, project: dict[str, Any]) -> list[str]:
    """What is wrong with a lock; nothing of it needs the network."""
    try:
        every = list(pinned(text))
    except ValueError as error:
        return [str(error)]
    faults = [f"{one.name}: no hash" for one in every if not one.hashes]
    faults += [
        f"{one.name}: a hash is no SHA-256"
        for one in every
        for h in one.hashes
        if not re.fullmatch("[0-9a-f]{64}", h)
    ]
    faults += [
        f"{name}: asked for by pyproject.toml and not locked"
        for name in declared(project) - {p.name for p in every}
    ]
    faults += [
        f"names a host: {line.strip()}"
        for line in text.splitlines()
        if re.search(r"https?://|--index|--find", line)
    ]
    return sorted(faults)


def fragments(directory: Path = FRAGMENTS) -> list[Fragment]:
    """Every fragment, safety first, then by slug. Raises ValueError for a name or a text that is none."""
    found = []
    for path in sorted(directory.glob("*.md")):
        if path.name == "README.md":
            continue
        slug, _, kind = path.name.removesuffix(".md").rpartition(".")
        text = " ".join(path.read_text(encoding="utf-8").split())
        if kind not in KINDS or not slug or not text:
            raise ValueError(f"{path.name}: not <slug>.<kind>.md with a text; kinds: {', '.join(KINDS)}")
        if kind == "safety" and not SAFETY_CODE.match(text):
            raise ValueError(f"{path.name}: a safety fragment begins with the code of its invariant, as P1:")
        found.append(Fragment(slug=slug, kind=kind, text=text))
    return sorted(found, key=lambda one: (list(KINDS).index(one.kind), safety_order(one), one.slug))


def safety_order(one: Fragment) -> str:
    """Safety by invariant; anything else by nothing."""
    return one.text[:2] if one.kind == "safety" else ""


def notes(version: str, day: str, every: Iterable[Fragment]) -> str:
    """One version's section."""
    lines = [f"## {version}, {day}", ""]
    kind = ""
    for one in every:
        if one.kind != kind:
            kind = one.kind
            lines += [f"### {KINDS[kind]}", ""]
        lines += [f"- {one.text}", ""]
    return "\n".join(lines)


def today() -> datetime:
    """Of the release: SOURCE_DATE_EPOCH where it is set, so that what is made can be made again."""
    return datetime.fromtimestamp(
        int(os.environ.get("SOURCE_DATE_EPOCH", datetime.now(UTC).timestamp())), UTC
    )


def write_notes(version: str) -> str:
    """Gather the fragments into CHANGELOG.md, and remove them."""
    every = fragments()
    section = notes(version, f"{today():%Y-%m-%d}", every)
    text = LOG.read_text(encoding="utf-8")
    if HERE not in text or f"## {version}," in text:
        raise ValueError(f"{LOG.name}: has no line {HERE}, or {version} already")
    LOG.write_text(text.replace(HERE, f"{HERE}\n\n{section}", 1), encoding="utf-8")
    for one in every:
        (FRAGMENTS / f"{one.slug}.{one.kind}.md").unlink()
    return f"{len(every)} fragments gathered into {LOG.name}"


def sbom(text: str, version: str) -> str:
    """The lock as CycloneDX JSON. Licences are those that the packages installed here declare; hashes are in the lock,
    where a version has one for each of its files."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    ours = Component(name="jackline", version=version, type=ComponentType.APPLICATION, bom_ref="jackline")
    components = [
        Component(
            name=one.name,
            version=one.version,
            type=ComponentType.LIBRARY,
            bom_ref=f"{one.name}@{one.version}",
            purl=PackageURL("pypi", name=one.name, version=one.version),
            licenses=_licences(one.name),
        )
        for one in pinned(text)
    ]
    bom = Bom(
        components=components, serial_number=uuid.uuid5(OURS, hashlib.sha256(text.encode()).hexdigest())
    )
    bom.metadata.component = ours
    bom.metadata.timestamp = today()
    bom.register_dependency(ours, components)
    return str(JsonV1Dot6(bom).output_as_string(indent=1)) + "\n"


def _licences(name: str) -> list[Any]:
    """What the package says of its own licence, where it is installed: an SPDX expression, or a name."""
    from cyclonedx.contrib.license.factories import LicenseFactory

    try:
        about = metadata(name)
    except PackageNotFoundError:
        return []
    classified = [
        line.rpartition(" :: ")[2]
        for line in about.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    told = about.get("License-Expression") or next(iter(classified), None) or about.get("License") or ""
    return [LicenseFactory().make_from_string(told)] if told and len(told) < 100 and "\n" not in told else []


def audit() -> int:
    """Ask pip-audit, and believe it only of what it has looked at."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(LOCK), "--disable-pip", "--require-hashes"]
    command += ["--progress-spinner", "off", "--format", "json", *sys.argv[2:]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=AUDIT_S, check=False)
        answers = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        print(f"No answer within {AUDIT_S} s: nothing was audited.", file=sys.stderr)
        return UNANSWERED
    except (ValueError, KeyError):
        print(
            f"No database of holes answered: nothing was audited.\n{done.stderr.strip()[-500:]}",
            file=sys.stderr,
        )
        return UNANSWERED
    return judged(answers)


def judged(answers: list[dict[str, Any]]) -> int:
    """Print what was found, and the exit code. A package that nobody answered for is not clean."""
    silent = [one["name"] for one in answers if "skip_reason" in one]
    holes = [(one, hole) for one in answers for hole in one.get("vulns", ())]
    for one, hole in holes:
        mended = ", ".join(hole["fix_versions"]) or "nothing yet"
        print(f"{one['name']} {one['version']}: {hole['id']}, mended in {mended}")
    print(f"{len(answers)} packages: {len(answers) - len(silent)} audited, {len(holes)} known holes.")
    if silent:
        print(
            f"Not audited, because no database answered for them: {len(silent)}, {silent[0]} the first.",
            file=sys.stderr,
        )
    return FOUND if holes else UNANSWERED if silent or not answers else 0


def version_of(project: dict[str, Any]) -> str:
    """The version, from where the package has it."""
    text = (ROOT / project["tool"]["hatch"]["version"]["path"]).read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.M)
    if found is None:
        raise ValueError("no __version__")
    return found[1]


def main(verb: str = "", *rest: str) -> int:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    text = LOCK.read_text(encoding="utf-8")
    plain = [one for one in rest if not one.startswith("-")]
    try:
        if verb == "check":
            faults = lock_faults(text, project)
            print("\n".join(faults) or f"{len(list(pinned(text)))} packages, each pinned and hashed.")
            return FOUND if faults else 0
        if verb == "notes":
            version = plain[0] if plain else version_of(project)
            print(
                write_notes(version)
                if "--write" in rest
                else notes(version, f"{today():%Y-%m-%d}", fragments())
            )
            return 0
        if verb == "sbom":
            made = sbom(text, version_of(project))
            Path(plain[0]).write_text(made, encoding="utf-8") if plain else print(made, end="")
            return 0
    except ValueError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    if verb == "audit":
        return audit()
    print(__doc__, file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
