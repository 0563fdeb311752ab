"""Bars, classifiers and bundles for the tests of models: tiny, generated, and fitted once a process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from jackline.core.orders import Bar
from jackline.core.values import MarketMs, Price, Quantity, Side, Symbol
from jackline.models.bundle import Bundle
from jackline.models.calibration import AS_IT_IS, Calibration
from jackline.models.digest import MANIFEST
from jackline.models.features import Floats, candles_of, features
from jackline.models.manifest import Environment, Role
from jackline.models.writing import FittedModel, Training, write_bundle

INTERVAL_MS = 300_000
START_MS = 1_600_000_200_000
"""A bar of five minutes begins there."""
TRAINED_BARS = 900
TRAINED_TO_MS = START_MS + TRAINED_BARS * INTERVAL_MS
BTC = "BTCUSDT"
ENTRIES = ("entry_long", "entry_short")
ALL = (*ENTRIES, "exit_long", "exit_short")

Json = dict[str, Any]


def bars_of(count: int, *, seed: int = 7, start_ms: int = START_MS, symbol: str = BTC) -> list[Bar]:
    """A market that wanders: every price differs from the next, and so does the volume."""
    chance, price, bars = Random(seed), 1_000.0, []
    for number in range(count):
        opened, price = price, price * (1 + chance.gauss(0, 0.004))
        high = max(opened, price) * (1 + abs(chance.gauss(0, 0.001)))
        low = min(opened, price) * (1 - abs(chance.gauss(0, 0.001)))
        bars.append(
            Bar(
                symbol=Symbol(symbol),
                open_ms=MarketMs(start_ms + number * INTERVAL_MS),
                interval_ms=INTERVAL_MS,
                open=Price(Decimal(f"{opened:.4f}")),
                high=Price(Decimal(f"{high:.4f}")),
                low=Price(Decimal(f"{low:.4f}")),
                close=Price(Decimal(f"{price:.4f}")),
                volume=Quantity(Decimal(f"{chance.uniform(1, 9):.3f}")),
            )
        )
    return bars


def after_training(count: int, *, seed: int = 8) -> list[Bar]:
    """Bars that no model has seen, the first right behind the training."""
    return bars_of(count, seed=seed, start_ms=TRAINED_TO_MS)


@cache
def trained_rows() -> Floats:
    return features(candles_of(bars_of(TRAINED_BARS)))


@cache
def classifier(key: str) -> Any:
    """What each model learns is easy to see: the direction of the last bar, and for one row in ten the opposite."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    moved = trained_rows()[:, 0]
    told = {
        "entry_long": moved > 0,
        "entry_short": moved < -0.001,
        "exit_long": moved < 0,
        "exit_short": moved > 0.001,
    }[key]
    told = told ^ (np.random.default_rng(ALL.index(key)).random(len(told)) < 0.1)
    model = HistGradientBoostingClassifier(
        max_iter=15, max_leaf_nodes=6, early_stopping=False, random_state=ALL.index(key)
    )
    with threadpool_limits(1):
        return model.fit(trained_rows(), told.astype(int))


def fitted(key: str, *, threshold: float = 0.65, calibration: Calibration = AS_IT_IS) -> FittedModel:
    role, side = key.split("_")
    return FittedModel(
        role=Role(role),
        side=Side(side),
        classifier=classifier(key),
        calibration=calibration,
        threshold=threshold,
    )


def training(symbols: tuple[str, ...] = (BTC,)) -> Training:
    return Training(
        rows=trained_rows(),
        symbols=symbols,
        interval_ms=INTERVAL_MS,
        environment=Environment.GENERATED,
        from_ms=START_MS,
        to_ms=TRAINED_TO_MS,
    )


def written(directory: Path, *keys: str, symbols: tuple[str, ...] = (BTC,)) -> Bundle:
    """A bundle with these models, all of them without any named."""
    return write_bundle(directory, [fitted(key) for key in keys or ALL], training(symbols))


def manifest(directory: Path) -> Json:
    return dict(json.loads((directory / MANIFEST).read_bytes()))


def restate(directory: Path, change: Callable[[Json], None]) -> None:
    """Change what the manifest says."""
    said = manifest(directory)
    change(said)
    (directory / MANIFEST).write_text(json.dumps(said))


def replace_file(directory: Path, name: str, content: bytes) -> None:
    """Change a file, and state its new hash."""
    (directory / name).write_bytes(content)
    restate(directory, lambda said: said["sha256"].update({name: hashlib.sha256(content).hexdigest()}))


def rows(count: int, seed: int) -> Floats:
    """Rows about as wide as those of the training, and wider."""
    chance, seen = np.random.default_rng(seed), trained_rows()
    return np.asarray(
        seen[chance.integers(len(seen), size=count)] * chance.normal(1, 0.5, (count, seen.shape[1]))
    )
