"""Writing a bundle: fitted classifiers, and the rows they were fitted to, as a directory that passes every check."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

from jackline.core.values import Side
from jackline.models import boosters, features
from jackline.models.bundle import Bundle, read_bundle
from jackline.models.calibration import Calibration
from jackline.models.digest import MANIFEST
from jackline.models.features import Floats
from jackline.models.fitted import dumped, probabilities, suffix, trees_of
from jackline.models.libraries import installed
from jackline.models.manifest import (
    FORMAT,
    PROBES,
    Column,
    Environment,
    Manifest,
    Member,
    Probes,
    Role,
)
from jackline.models.source import code_sha256

PROBE_ROWS = 32
"""Spread evenly over the training: few enough to read, enough that no other model answers all of them alike."""
LOW_QUANTILE, HIGH_QUANTILE = 0.001, 0.999
"""What lies outside them was seen by one bar in five hundred of the training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedModel:
    """One classifier, fitted to class 1 where it should be acted on, with its calibration and threshold."""

    role: Role
    side: Side
    classifier: Any
    calibration: Calibration
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What the classifiers were fitted to. `rows` as `features.features` gives them, each column of `columns`.

    Times are market time: the first bar's open and the last bar's close, that of its label included.
    """

    rows: Floats
    symbols: tuple[str, ...]
    interval_ms: int
    environment: Environment
    from_ms: int
    to_ms: int
    columns: tuple[str, ...] = features.COLUMNS


def write_bundle(
    directory: Path,
    models: Sequence[FittedModel],
    training: Training,
    beside: Mapping[str, bytes] = MappingProxyType({}),
) -> Bundle:
    """Write a new directory and read it back: what does not pass its own checks is told at once.

    `beside`: further files by name, hashed like the rest; an engine does not read them.

    Raises:
        FileExistsError: there is something of that name.
        BundleRefused: what was written would not be taken.
    """
    directory.mkdir(parents=True)
    files: dict[str, bytes] = dict(beside)
    members: list[Member] = []
    probes = _probe_rows(training.rows)
    said: dict[str, tuple[float, ...]] = {}
    for one in models:
        key = f"{one.role}_{one.side}"
        member = Member(
            role=one.role,
            side=one.side,
            threshold=one.threshold,
            calibration=one.calibration,
            fitted=f"{key}.{suffix(one.classifier)}",
            trees=f"{key}.json",
        )
        members.append(member)
        files[member.fitted] = dumped(one.classifier)
        files[member.trees] = msgspec.json.encode(trees_of(one.classifier))
        said[key] = tuple(map(float, probabilities(one.classifier, probes)))
    kept = Probes(rows=tuple(tuple(map(float, row)) for row in probes), probabilities=said)
    files[PROBES] = msgspec.json.encode(kept)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    manifest = _manifest(members, training, files)
    (directory / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return read_bundle(directory)


def _probe_rows(rows: Floats) -> Floats:
    places = np.unique(np.linspace(0, len(rows) - 1, PROBE_ROWS).astype(int))
    return np.ascontiguousarray(rows[places])


def _manifest(members: Sequence[Member], training: Training, files: Mapping[str, bytes]) -> Manifest:
    low, high = np.quantile(training.rows, (LOW_QUANTILE, HIGH_QUANTILE), axis=0)
    return Manifest(
        format=FORMAT,
        symbols=training.symbols,
        interval_ms=training.interval_ms,
        environment=training.environment,
        trained_from_ms=training.from_ms,
        trained_to_ms=training.to_ms,
        features_sha256=code_sha256(features),
        columns=tuple(
            Column(name=name, dtype=features.DTYPE, low=float(low[place]), high=float(high[place]))
            for place, name in enumerate(training.columns)
        ),
        models=tuple(members),
        sha256={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        libraries=_libraries(members),
    )


def _libraries(members: Sequence[Member]) -> dict[str, str]:
    """What fitted these models: LightGBM is named only where it did."""
    boosted = any(one.fitted.endswith(boosters.SUFFIX) for one in members)
    return {name: said for name, said in installed().items() if boosted or name != boosters.EXTRA}
