"""A trading engine for leveraged perpetuals that keeps one promise: a stop always rests at the exchange.

Each package here is a room with one purpose; its first paragraph says what lives in it and what never
will, and `pyproject.toml` says which room may import which. Nothing else lives at this level: no
re-exports, no shared helpers, no state.
"""

__version__ = "0.1.0"
