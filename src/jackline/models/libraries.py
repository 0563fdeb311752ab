"""The libraries of the `models` extra, imported when they are needed and not before."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from jackline.models.refusal import refused

EXTRA = "models"
READING = ("numpy",)
"""What an engine needs of it."""
FITTING = ("numpy", "sklearn", "skops.io", "threadpoolctl")
"""What is needed to write a bundle, and to check one to the bottom."""
DISTRIBUTIONS = {
    "numpy": "numpy",
    "sklearn": "scikit-learn",
    "skops.io": "skops",
    "threadpoolctl": "threadpoolctl",
    "lightgbm": "lightgbm",
}
"""What each module is installed by."""


def require(names: tuple[str, ...]) -> dict[str, ModuleType]:
    """Import them. Raises BundleRefused that names the extra where one is missing."""
    found: dict[str, ModuleType] = {}
    for name in names:
        try:
            found[name] = import_module(name)
        except ImportError as error:
            what = f"{DISTRIBUTIONS[name]} cannot be imported: {error}"
            raise refused("libraries", what, f"pip install 'jackline[{EXTRA}]'") from None
    return found


def installed() -> dict[str, str]:
    """Their versions here, by name, and LightGBM's; those that are missing are not in it."""
    found: dict[str, str] = {}
    for name in DISTRIBUTIONS.values():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
