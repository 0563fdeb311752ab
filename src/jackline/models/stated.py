"""What a manifest states, judged without its models: is it ours, is it whole, and is it for this use (M1)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from jackline.models import calibration
from jackline.models.manifest import ANY_SYMBOL, Environment, Manifest
from jackline.models.refusal import Verdict

TRAIN_AGAIN = "train it again with this version of jackline"
COLUMNS_MAX = 200
SYMBOLS_MAX = 1_000
THRESHOLD_MIN = 0.5
"""Below it a probability says that the other thing is likelier."""
ENVIRONMENTS = {
    "live": (Environment.MAINNET,),
    "testnet": (Environment.MAINNET, Environment.TESTNET),
}
"""What a mode takes; every other mode takes any: nothing real is lost there (D3)."""


def judged(
    manifest: Manifest, *, columns: tuple[str, ...], dtype: str, features_sha256: str
) -> Iterator[Verdict]:
    """One verdict for each thing that is stated. `columns`, `dtype`, `features_sha256`: of the code that is running."""
    yield _features(manifest, features_sha256)
    yield _columns(manifest, columns, dtype)
    yield _roles(manifest)
    yield _calibration(manifest)
    yield _training(manifest)


def _features(manifest: Manifest, features_sha256: str) -> Verdict:
    made, ours = manifest.features_sha256, features_sha256
    if made == ours:
        return Verdict(check="features", detail=f"code {ours[:8]}, the same as here")
    detail = f"its features were computed by code {made[:8]}, and this is {ours[:8]}: other numbers by the same names"
    return Verdict(
        check="features", detail=detail, fix=f"{TRAIN_AGAIN}, or go back to the version that trained it"
    )


def _columns(manifest: Manifest, columns: tuple[str, ...], dtype: str) -> Verdict:
    names = [one.name for one in manifest.columns]
    unknown = [name for name in names if name not in columns]
    other = [f"{one.name} is {one.dtype}" for one in manifest.columns if one.dtype != dtype]
    spans = [one.name for one in manifest.columns if not -math.inf < one.low <= one.high < math.inf]
    if not 1 <= len(names) <= COLUMNS_MAX or len(set(names)) < len(names):
        return Verdict(
            check="columns", detail=f"{len(names)} columns, {len(set(names))} names", fix=TRAIN_AGAIN
        )
    if unknown:
        detail = f"{', '.join(unknown)}: missing here"
        return Verdict(check="columns", detail=detail, fix=f"{TRAIN_AGAIN}; it computes {', '.join(columns)}")
    if other:
        return Verdict(
            check="columns", detail=", ".join(other), fix=f"every column is {dtype}; {TRAIN_AGAIN}"
        )
    if spans:
        detail = f"{', '.join(spans)}: a range that does not rise"
        return Verdict(check="columns", detail=detail, fix=TRAIN_AGAIN)
    return Verdict(check="columns", detail=f"{len(names)} columns of {dtype}, all computed here")


def _roles(manifest: Manifest) -> Verdict:
    keys = [one.key for one in manifest.models]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        return Verdict(
            check="roles", detail=f"two models for {', '.join(twice)}", fix="one model a role and side"
        )
    if not manifest.sides:
        detail = "no model for an entry: it could open nothing"
        return Verdict(
            check="roles", detail=detail, fix="write it with a model for entry_long or entry_short"
        )
    for one in manifest.models:
        for other in manifest.models:
            same = {manifest.sha256.get(name) for name in (one.fitted, one.trees)} & {
                manifest.sha256.get(name) for name in (other.fitted, other.trees)
            }
            if one.key < other.key and same:
                return same_model(one.key, other.key)
    return Verdict(check="roles", detail=", ".join(keys))


def same_model(one: str, other: str) -> Verdict:
    """Refuses a model that was given two roles."""
    detail = f"{one} and {other} are the same model: what ends a trade, or opens its opposite, needs one of its own"
    return Verdict(check="roles", detail=detail, fix="train each role and side by itself, or leave one out")


def _calibration(manifest: Manifest) -> Verdict:
    for one in manifest.models:
        found = calibration.fault(one.calibration)
        if found is not None:
            return Verdict(check="calibration", detail=f"{one.key}: {found}", fix="calibrate it again")
        if not THRESHOLD_MIN <= one.threshold <= 1:
            detail = f"{one.key}: a threshold of {one.threshold:g}"
            return Verdict(check="calibration", detail=detail, fix=f"allowed: {THRESHOLD_MIN} … 1")
    said = ", ".join(
        f"{one.key} from {one.threshold:g}{' (uncalibrated)' if one.calibration == calibration.AS_IT_IS else ''}"
        for one in manifest.models
    )
    return Verdict(check="calibration", detail=said)


def _training(manifest: Manifest) -> Verdict:
    symbols = manifest.symbols
    if manifest.interval_ms <= 0 or not 0 <= manifest.trained_from_ms < manifest.trained_to_ms:
        detail = (
            f"bars of {manifest.interval_ms} ms from {manifest.trained_from_ms} to {manifest.trained_to_ms}"
        )
        return Verdict(check="training", detail=detail, fix=TRAIN_AGAIN)
    if not 1 <= len(symbols) <= SYMBOLS_MAX or (ANY_SYMBOL in symbols and len(symbols) > 1):
        detail = f"{len(symbols)} symbols"
        return Verdict(
            check="training", detail=detail, fix=f'1 … {SYMBOLS_MAX} names, or "{ANY_SYMBOL}" alone'
        )
    days = (manifest.trained_to_ms - manifest.trained_from_ms) / 86_400_000
    detail = f"{days:.1f} days of {manifest.environment} bars of {manifest.interval_ms} ms"
    return Verdict(check="training", detail=detail)


def unfit(manifest: Manifest, *, interval_ms: int, symbols: Iterable[str], mode: str) -> Iterator[Verdict]:
    """What forbids this use of a bundle that is right by itself. `symbols`: those that are sure to be asked about."""
    if manifest.interval_ms != interval_ms:
        detail = f"it was trained on bars of {manifest.interval_ms} ms, and these are of {interval_ms} ms"
        yield Verdict(check="interval", detail=detail, fix="set venue.bar_interval to that, or train another")
    strange = [symbol for symbol in symbols if not manifest.is_for(symbol)]
    if strange:
        detail = f"it was not trained for {', '.join(strange)}"
        fix = f"trade {', '.join(manifest.symbols[:10])}, or train one for these"
        yield Verdict(check="symbols", detail=detail, fix=fix)
    allowed = ENVIRONMENTS.get(mode, tuple(Environment))
    if manifest.environment not in allowed:
        detail = f"D3: it was trained on {manifest.environment} prices, and the mode is {mode}"
        yield Verdict(check="environment", detail=detail, fix=f"train it on {' or '.join(allowed)} prices")
