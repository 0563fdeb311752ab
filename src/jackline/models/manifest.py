"""What a bundle says of itself: where its models come from, what they eat, and what each may be asked."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from jackline.core.values import Side
from jackline.models.calibration import Calibration

FORMAT = 1
"""Of the manifest and the files it names. Another number is refused, whatever the rest looks like."""
PROBES = "probes.json"
ANY_SYMBOL = "*"
"""In place of symbols: the model was trained on many and is meant for all."""


class Role(StrEnum):
    """What a model is asked: whether to open, or whether to end."""

    ENTRY = "entry"
    EXIT = "exit"


class Environment(StrEnum):
    """Whose prices the training saw (D3)."""

    MAINNET = "mainnet"
    TESTNET = "testnet"
    GENERATED = "generated"


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One feature: `low` and `high` are quantiles of the training's values."""

    name: str
    dtype: str
    low: float
    high: float


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model. `threshold` is the calibrated probability from which on it was meant to be acted on.

    `fitted` names the file as scikit-learn and skops wrote it, `trees` that of its trees as plain numbers.
    """

    role: Role
    side: Side
    threshold: float
    calibration: Calibration
    fitted: str
    trees: str

    @property
    def key(self) -> str:
        """``entry_long``, for files, probes and messages."""
        return f"{self.role}_{self.side}"


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`manifest.json`.

    Attributes:
        symbols: as the venue writes them, or `ANY_SYMBOL` alone.
        trained_from_ms, trained_to_ms: market time of the first bar's open and the last bar's close in the training.
        features_sha256: of the code that computed the features, see `models.source`.
        sha256: of every file of the bundle but this one, by name.
        libraries: what fitted the models, by name: for people; what they give is proven by the probes.
    """

    format: int
    symbols: tuple[str, ...]
    interval_ms: int
    environment: Environment
    trained_from_ms: int
    trained_to_ms: int
    features_sha256: str
    columns: tuple[Column, ...]
    models: tuple[Member, ...]
    sha256: dict[str, str]
    libraries: dict[str, str]

    @property
    def sides(self) -> tuple[Side, ...]:
        """What it may open."""
        return tuple(one.side for one in self.models if one.role is Role.ENTRY)

    def is_for(self, symbol: str) -> bool:
        """Whether it was trained for this symbol, or for all."""
        return symbol in self.symbols or self.symbols == (ANY_SYMBOL,)


class Probes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`probes.json`: a few rows of the training, and what scikit-learn made of each, by the key of the model."""

    rows: tuple[tuple[float, ...], ...]
    probabilities: dict[str, tuple[float, ...]]


class _Format(msgspec.Struct):
    format: int
    """Read alone, before anything else is expected."""


def format_of(content: bytes) -> int:
    """The format number of a manifest. Raises msgspec.DecodeError where there is none."""
    return msgspec.json.decode(content, type=_Format).format
