"""What an optional part is installed by: told to whoever asks for it without."""

from __future__ import annotations

EXTRAS: dict[str, frozenset[str]] = {
    "parquet": frozenset({"polars"}),
    "simulation": frozenset({"apsw"}),
    "web": frozenset({"fastapi", "jinja2", "prometheus_client", "pyotp", "uvicorn", "websockets"}),
    "alerts": frozenset({"apprise"}),
    "models": frozenset({"numpy", "sklearn", "skops", "threadpoolctl"}),
    "lightgbm": frozenset({"lightgbm"}),
    "research": frozenset({"arch", "joblib", "numba", "optuna", "pandas", "plotly", "scipy", "skfolio"}),
    "postgres": frozenset({"alembic", "psycopg", "sqlalchemy"}),
    "ray": frozenset({"ray"}),
    "docs": frozenset({"material", "mkdocs"}),
}
"""The modules that each brings, or that what it brings brings; of one that several bring, the smallest."""


def missing(error: BaseException) -> str | None:
    """What to say of an import that failed for want of an extra; None of any other error."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    module = error.name.partition(".")[0]
    for extra, modules in EXTRAS.items():
        if module in modules:
            return f"{module} is not installed, which this needs. Fix: pip install 'jackline[{extra}]'"
    return None
