"""Fitted classifiers: of scikit-learn from and to skops, of LightGBM its own text, both without pickle; and their trees
as plain numbers.

For those who train and for `jackline model check`; an engine opens none of them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from jackline.models import boosters
from jackline.models.bundle import PROBE_TOLERANCE, Bundle
from jackline.models.features import Floats
from jackline.models.forest import Tree, Trees
from jackline.models.libraries import FITTING, installed, require
from jackline.models.manifest import Member
from jackline.models.refusal import BundleRefused, Verdict, refused

TRUSTED = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
"""What a histogram gradient boosting is made of beyond skops's own list; nothing else is ever built from a file."""
KIND = "HistGradientBoostingClassifier"
UNPACKED_BYTES_MAX = 512 * 1024 * 1024
"""A skops file is a zip: what it says it unpacks to is looked at first."""
CHECK = "fitted"
SKOPS_SUFFIX = "skops"
SCHEMA = "schema.json"
ADDRESS = re.compile(r'("__id__": |"file": ")(\d+)')
"""Where the schema of a skops file names an object, or the file beside it that holds one."""


def suffix(classifier: Any) -> str:
    """What the name of its file ends with."""
    return boosters.SUFFIX if boosters.is_booster(classifier) else SKOPS_SUFFIX


def dumped(classifier: Any) -> bytes:
    """As skops writes it, or as LightGBM writes its own."""
    if boosters.is_booster(classifier):
        return boosters.dumped(classifier)
    content: bytes = require(FITTING)["skops.io"].dumps(classifier)
    return _same_every_time(content)


def _same_every_time(content: bytes) -> bytes:
    """A skops file without what differs from run to run: addresses as names of objects, and the time of day.

    The hash of a bundle stands for its models: the same training must give the same hash.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = [(one.filename, packed.read(one)) for one in packed.infolist()]
    schema = dict(parts)[SCHEMA].decode()
    names: dict[str, str] = {}
    for found in ADDRESS.finditer(schema):
        names.setdefault(found[2], str(len(names)))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name, part in parts:
            stem, dot, kind = name.partition(".")
            whole = (
                ADDRESS.sub(lambda one: one[1] + names[one[2]], schema).encode() if name == SCHEMA else part
            )
            packed.writestr(zipfile.ZipInfo(f"{names.get(stem, stem)}{dot}{kind}"), whole)
    return written.getvalue()


def loaded(content: bytes, name: str) -> Any:
    """The classifier of a file. Raises BundleRefused for one that would build what is not on the list."""
    if name.endswith(f".{boosters.SUFFIX}"):
        return boosters.loaded(content, name)
    skops = require(FITTING)["skops.io"]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
        if unpacked > UNPACKED_BYTES_MAX:
            raise refused(CHECK, f"{name} unpacks to {unpacked} bytes", f"at most {UNPACKED_BYTES_MAX}")
        strange = sorted(set(skops.get_untrusted_types(data=content)) - set(TRUSTED))
        if strange:
            what = f"{name} would build {', '.join(strange)}"
            raise refused(CHECK, what, f"a {KIND}, fitted and nothing more; do not load this file elsewhere")
        found = skops.loads(content, trusted=list(TRUSTED))
    except BundleRefused:
        raise
    except Exception as error:  # noqa: BLE001 # whatever a damaged file makes of the reader, it is no model
        raise refused(CHECK, f"{name}: {type(error).__name__}: {error}", "write the bundle again") from None
    if type(found).__name__ != KIND:
        raise refused(CHECK, f"{name} holds a {type(found).__name__}", f"a {KIND}")
    return found


def trees_of(classifier: Any) -> Trees:
    """Its trees. Raises BundleRefused for what an engine could not walk: categories, missing values, more classes.

    Reads what scikit-learn keeps under names of its own (`_predictors`, `_baseline_prediction`): a version that keeps
    it elsewhere fails here or at the probes, when a bundle is written.
    """
    if boosters.is_booster(classifier):
        return boosters.trees_of(classifier)
    if list(classifier.classes_) != [0, 1]:
        raise refused(CHECK, f"classes {classifier.classes_.tolist()}", "fit it to 0 (no) and 1 (yes)")
    found = []
    for (predictor,) in classifier._predictors:
        nodes = predictor.nodes
        if nodes["is_categorical"].any():
            raise refused(CHECK, "a column of categories", "fit it to numbers alone")
        leaf = nodes["is_leaf"].astype(bool)
        found.append(
            Tree(
                column=tuple(
                    -1 if end else int(one) for end, one in zip(leaf, nodes["feature_idx"], strict=True)
                ),
                threshold=tuple(
                    0.0 if end else float(one) for end, one in zip(leaf, nodes["num_threshold"], strict=True)
                ),
                left=tuple(int(one) for one in nodes["left"]),
                right=tuple(int(one) for one in nodes["right"]),
                value=tuple(
                    float(one) if end else 0.0 for end, one in zip(leaf, nodes["value"], strict=True)
                ),
            )
        )
    return Trees(baseline=float(classifier._baseline_prediction[0, 0]), trees=tuple(found))


def probabilities(classifier: Any, rows: Floats) -> Floats:
    """Of class 1, as its own library says them, by one thread: more of them wait for each other on a busy machine."""
    if boosters.is_booster(classifier):
        return boosters.probabilities(classifier, rows)
    with require(FITTING)["threadpoolctl"].threadpool_limits(1):
        found: Floats = classifier.predict_proba(rows)[:, 1]
    return found


def compared(bundle: Bundle) -> Iterator[Verdict]:
    """The fitted models beside the trees that an engine walks: one verdict each, and one for the libraries.

    Raises:
        BundleRefused: a library is missing.
    """
    require(FITTING)
    made, here = bundle.manifest.libraries, installed()
    apart = [
        f"{name} {made[name]} then, {here.get(name)} now" for name in made if here.get(name) != made[name]
    ]
    detail = "; ".join(apart) or "the versions that made it"
    yield Verdict(check="libraries", detail=f"{detail}: what they give is compared below")
    rows = np.array(bundle.probe_rows, dtype=np.float64)
    for member in bundle.manifest.models:
        try:
            yield _beside(member, bundle, rows)
        except BundleRefused as caught:
            yield caught.verdict


def _beside(member: Member, bundle: Bundle, rows: Floats) -> Verdict:
    classifier = loaded(bundle.files[member.fitted], member.fitted)
    eaten = boosters.columns(classifier) if boosters.is_booster(classifier) else classifier.n_features_in_
    if eaten != len(bundle.manifest.columns):
        what = f"{member.fitted} eats {eaten} columns, {len(bundle.manifest.columns)} are stated"
        raise refused(CHECK, what, "write the bundle again")
    if msgspec.json.encode(trees_of(classifier)) != bundle.files[member.trees]:
        what = f"{member.trees} does not hold the trees of {member.fitted}"
        raise refused(CHECK, what, "write the bundle again")
    away = float(
        np.abs(probabilities(classifier, rows) - bundle.forests[member.key].probabilities(rows)).max()
    )
    if not away <= PROBE_TOLERANCE:
        what = f"{member.fitted} says probabilities that are {away:.3g} away from those of its trees"
        raise refused(CHECK, what, "write the bundle again, with the scikit-learn that is installed")
    return Verdict(check=CHECK, detail=f"{member.fitted}: only what may be built, and the same as its trees")
