"""Models of LightGBM: its text form, which is no pickle, and their trees as the plain numbers that an engine walks.

A row goes left where its column is not above the threshold, as in `forest`. The start of the log-odds is part of the
first tree. The features have no missing values and no categories, and a model that allows for either is refused.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from jackline.models.features import Floats
from jackline.models.forest import Tree, Trees
from jackline.models.refusal import refused

KIND = "Booster"
SUFFIX = "txt"
CHECK = "fitted"
EXTRA = "lightgbm"
LEAF = -1


def library() -> ModuleType:
    """LightGBM. Raises BundleRefused that says whether the package is missing, or the system's OpenMP."""
    try:
        return import_module("lightgbm")
    except ImportError as error:
        raise refused(
            "libraries", f"lightgbm cannot be imported: {error}", f"pip install 'jackline[{EXTRA}]'"
        ) from None
    except OSError as error:  # the package is there, and what it links to is not
        fix = "install the system's OpenMP, on Debian: apt-get install libgomp1; or --trainer sklearn"
        raise refused("libraries", f"lightgbm cannot be loaded: {error}", fix) from None


def is_booster(classifier: Any) -> bool:
    """Whether LightGBM made it."""
    return type(classifier).__name__ == KIND


def fitted(
    rows: Floats,
    classes: Any,
    weights: Floats,
    *,
    trees: int,
    leaves: int,
    learning_rate: float,
    leaf_rows_min: int,
    values_max: int,
    seed: int,
) -> Any:
    """A booster fitted to class 1 by one thread."""
    lightgbm = library()
    settings = {
        "objective": "binary",
        "num_leaves": leaves,
        "learning_rate": learning_rate,
        "min_data_in_leaf": leaf_rows_min,
        "max_bin": values_max,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "use_missing": False,
        "verbosity": -1,
    }
    table = lightgbm.Dataset(rows, label=classes, weight=weights, params={"verbosity": -1, "num_threads": 1})
    return lightgbm.train(settings, table, num_boost_round=trees)


def probabilities(classifier: Any, rows: Floats) -> Floats:
    """Of class 1, as LightGBM says them. Shape (rows,)."""
    found: Floats = np.asarray(classifier.predict(rows, num_threads=1), dtype=np.float64)
    return found


def dumped(classifier: Any) -> bytes:
    """Its text form."""
    text: str = classifier.model_to_string()
    return text.encode()


def loaded(content: bytes, name: str) -> Any:
    """The booster of a text. Raises BundleRefused for one that holds none."""
    lightgbm = library()
    try:
        return lightgbm.Booster(model_str=content.decode())
    except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
        raise refused(CHECK, f"{name}: {error}", "write the bundle again") from None


def columns(classifier: Any) -> int:
    """How many it eats."""
    return int(classifier.num_feature())


def trees_of(classifier: Any) -> Trees:
    """Its trees. Raises BundleRefused for what an engine could not walk."""
    said = classifier.dump_model()
    if said["objective"] != "binary sigmoid:1" or said.get("average_output"):
        raise refused(CHECK, f"a booster for {said['objective']}", "fit it to 0 (no) and 1 (yes)")
    return Trees(baseline=0.0, trees=tuple(_tree(one["tree_structure"]) for one in said["tree_info"]))


def _tree(root: dict[str, Any]) -> Tree:
    """One tree, its nodes laid out so that children stand behind their parents."""
    nodes, children = [root], list[tuple[int, int]]()
    for node in nodes:  # grows while it is read: first come, first written
        if "split_feature" not in node:
            children.append((0, 0))
            continue
        if node["decision_type"] != "<=" or node["missing_type"] != "None":
            what = f"a split by {node['decision_type']}, missing values: {node['missing_type']}"
            raise refused(CHECK, what, "fit it to numbers alone, with use_missing off")
        children.append((len(nodes), len(nodes) + 1))
        nodes += [node["left_child"], node["right_child"]]
    return Tree(
        column=tuple(int(node.get("split_feature", LEAF)) for node in nodes),
        threshold=tuple(float(node.get("threshold", 0.0)) for node in nodes),
        left=tuple(left for left, _ in children),
        right=tuple(right for _, right in children),
        value=tuple(0.0 if "split_feature" in node else float(node["leaf_value"]) for node in nodes),
    )
