"""A model bundle on disk: a directory with a manifest, read once, whole, and judged before it is believed (M1).

Nothing in it is run or unpickled here: the manifest and the trees are JSON, the fitted models are hashed and left
alone. `models.fitted` opens those, for `jackline model check` and for whoever trains.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from jackline.models import features, forest, stated
from jackline.models.digest import MANIFEST
from jackline.models.forest import Forest
from jackline.models.manifest import FORMAT, PROBES, Manifest, Member, Probes, format_of
from jackline.models.refusal import BundleRefused, Verdict, refused
from jackline.models.source import code_sha256

FILE_BYTES_MAX = 64 * 1024 * 1024
"""A model of 2,000 trees with 256 leaves each is below it."""
FILES_MAX = 16
FILE_NAME = re.compile(r"[a-z0-9_]{1,60}\.(json|skops|txt)")
"""What a manifest may name: files that lie beside it."""
PROBES_MIN, PROBES_MAX = 8, 1_000
PROBE_TOLERANCE = 1e-9
"""Sums of floats in another order differ in the sixteenth place; a model that is another one differs in the second."""
COPY_AGAIN = "copy the whole directory again as it was written"

Value = TypeVar("Value", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that has passed every check. `forests` are its models by key; `sha256` is of its manifest, which holds
    the hash of every other file."""

    directory: Path
    manifest: Manifest
    sha256: str
    forests: Mapping[str, Forest]
    files: Mapping[str, bytes]
    probe_rows: tuple[tuple[float, ...], ...]

    def member(self, key: str) -> Member | None:
        """The model of a key as ``exit_long``; None without one."""
        return next((one for one in self.manifest.models if one.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """All that was found, in order, and the bundle where all of it holds."""

    verdicts: tuple[Verdict, ...]
    manifest: Manifest | None = None
    bundle: Bundle | None = None


def read_bundle(directory: Path) -> Bundle:
    """The bundle of a directory. Raises BundleRefused with the first check that it fails."""
    found = examine(directory)
    if found.bundle is None:
        raise BundleRefused(next(one for one in found.verdicts if not one.holds))
    return found.bundle


def examine(directory: Path) -> Examined:
    """Every check that can be asked; one that everything after it rests on ends it."""
    verdicts: list[Verdict] = []
    manifest: Manifest | None = None
    try:
        content = _content(directory / MANIFEST, "manifest")
        manifest = _manifest(content)
        verdicts.append(Verdict(check="manifest", detail=f"format {FORMAT}"))
        files = _files(directory, manifest)
        verdicts.append(Verdict(check="files", detail=f"{len(files)} files, hashes as stated"))
        verdicts.extend(_stated(manifest))
        if not all(one.holds for one in verdicts):
            return Examined(verdicts=tuple(verdicts), manifest=manifest)
        forests = {one.key: _forest(one, manifest, files) for one in manifest.models}
        verdicts.append(Verdict(check="trees", detail=f"{len(forests)} models"))
        probes = _decoded(files[PROBES], Probes, "probes", PROBES)
        verdicts.append(_probed(manifest, probes, forests))
    except BundleRefused as caught:
        return Examined(verdicts=(*verdicts, caught.verdict), manifest=manifest)
    sha256 = hashlib.sha256(content).hexdigest()
    bundle = Bundle(
        directory=directory,
        manifest=manifest,
        sha256=sha256,
        forests=forests,
        files=files,
        probe_rows=probes.rows,
    )
    return Examined(verdicts=tuple(verdicts), manifest=manifest, bundle=bundle)


def _stated(manifest: Manifest) -> tuple[Verdict, ...]:
    return tuple(
        stated.judged(
            manifest,
            columns=features.COLUMNS,
            dtype=features.DTYPE,
            features_sha256=code_sha256(features),
        )
    )


def _content(path: Path, check: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        fix = f"give the directory of a bundle, with {MANIFEST} in it; {COPY_AGAIN}"
        raise refused(check, f"{path}: cannot be read: {error.strerror}", fix) from None
    if len(content) > FILE_BYTES_MAX:
        raise refused(check, f"{path.name} is longer than {FILE_BYTES_MAX} bytes", "fewer or smaller trees")
    return content


def _manifest(content: bytes) -> Manifest:
    try:
        number = format_of(content)
    except msgspec.DecodeError as error:
        raise refused("manifest", f"{MANIFEST}: {error}", COPY_AGAIN) from None
    if number != FORMAT:
        what = f"format {number}, and this version reads format {FORMAT}"
        raise refused("manifest", what, stated.TRAIN_AGAIN)
    return _decoded(content, Manifest, "manifest", MANIFEST)


def _decoded(content: bytes, kind: type[Value], check: str, name: str) -> Value:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise refused(check, f"{name}: {error}", COPY_AGAIN) from None


def _files(directory: Path, manifest: Manifest) -> dict[str, bytes]:
    """Every file that the manifest names, with the hash that it states."""
    names = set(manifest.sha256)
    wanted = {PROBES} | {name for one in manifest.models for name in (one.fitted, one.trees)}
    unhashed = sorted(wanted - names)
    if unhashed:
        raise refused("files", f"no hash is stated of {', '.join(unhashed)}", COPY_AGAIN)
    if len(names) > FILES_MAX:
        raise refused("files", f"{len(names)} files; at most {FILES_MAX}", COPY_AGAIN)
    found: dict[str, bytes] = {}
    for name in sorted(names):
        if not FILE_NAME.fullmatch(name):
            raise refused("files", f"{name!r} is no name of a file beside the manifest", COPY_AGAIN)
        content = _content(directory / name, "files")
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 != manifest.sha256[name]:
            what = (
                f"{name} has the hash {sha256[:8]}, and {manifest.sha256[name][:8]} is stated: it was changed"
            )
            raise refused("files", what, COPY_AGAIN)
        found[name] = content
    return found


def _forest(member: Member, manifest: Manifest, files: Mapping[str, bytes]) -> Forest:
    trees = _decoded(files[member.trees], forest.Trees, "trees", member.trees)
    found = forest.fault(trees, len(manifest.columns))
    if found is not None:
        raise refused("trees", f"{member.trees}: {found}", stated.TRAIN_AGAIN)
    return forest.Forest(trees)


def _probed(manifest: Manifest, probes: Probes, forests: Mapping[str, Forest]) -> Verdict:
    """What the trees make of the probes is what scikit-learn made of them when the bundle was written."""
    width, count = len(manifest.columns), len(probes.rows)
    if not PROBES_MIN <= count <= PROBES_MAX or any(len(row) != width for row in probes.rows):
        what = f"{count} rows, not all of {width} columns; {PROBES_MIN} … {PROBES_MAX} are needed"
        raise refused("probes", what, stated.TRAIN_AGAIN)
    rows = np.array(probes.rows, dtype=np.float64)
    answers: dict[bytes, str] = {}
    for key, walked in forests.items():
        said = np.array(probes.probabilities.get(key, ()), dtype=np.float64)
        if said.shape != (count,):
            raise refused("probes", f"{key}: {said.size} probabilities for {count} rows", stated.TRAIN_AGAIN)
        given = walked.probabilities(rows)
        apart = float(np.abs(given - said).max())
        if not apart <= PROBE_TOLERANCE:
            what = f"{key}: its trees are {apart:.3g} away from what was written down for the same rows"
            raise refused("probes", what, stated.TRAIN_AGAIN)
        twin = answers.setdefault(given.tobytes(), key)
        if twin != key:
            raise BundleRefused(stated.same_model(twin, key))
    return Verdict(check="probes", detail=f"{count} rows, the same to {PROBE_TOLERANCE:g}")
