"""The OpenAPI document is a contract: it changes with the file beside it, or not at all."""

from __future__ import annotations

import json

from tests.web.schema import FILE, document, text

DOCUMENTED = {
    "/api/trading-safety/validate": {"post"},
    "/api/trading-safety/check-slippage": {"post"},
    "/api/trading-safety/record-trade": {"post"},
    "/api/trading-safety/status": {"get"},
    "/api/trading-safety/reset-kill-switch": {"post"},
    "/api/trading-safety/configuration": {"get", "patch"},
    "/api/trading-safety/health": {"get"},
    "/api/sl-tp/stop-loss": {"post"},
    "/api/sl-tp/take-profit": {"post"},
    "/api/sl-tp/trailing-stop": {"post"},
    "/api/sl-tp/check-triggers": {"post"},
    "/api/sl-tp/{order_id}": {"delete"},
    "/api/sl-tp/active": {"get"},
    "/api/sl-tp/health": {"get"},
    "/api/sl-tp/monitor/start": {"post"},
    "/api/sl-tp/monitor/stop": {"post"},
    "/api/sl-tp/monitor/status": {"get"},
    "/api/bots": {"get", "post"},
    "/api/bots/{bot_id}": {"get", "patch", "delete"},
    "/api/bots/{bot_id}/start": {"post"},
    "/api/bots/{bot_id}/stop": {"post"},
    "/api/exchange-keys": {"get", "post"},
    "/api/exchange-keys/validate": {"post"},
    "/api/exchange-keys/{name}": {"delete"},
    "/api/positions": {"get"},
    "/api/positions/{position_id}/close": {"post"},
    "/api/close-all": {"post"},
    "/api/orders": {"get"},
    "/api/trades": {"get"},
    "/api/equity": {"get"},
    "/api/journal": {"get"},
    "/api/signals": {"post"},
    "/api/kill-switch": {"get", "put"},
    "/api/protection": {"get"},
    "/api/incidents": {"get"},
    "/api/phases": {"get", "post"},
    "/api/events": {"get"},
    "/health": {"get"},
    "/livez": {"get"},
    "/readyz": {"get"},
    "/metrics": {"get"},
}
"""Paths that are promised, exactly as written."""


def test_every_promised_path_is_there_and_the_document_is_the_one_on_file() -> None:
    found = document()
    there = {path: set(verbs) for path, verbs in found["paths"].items()}
    missing = {path: verbs - there.get(path, set()) for path, verbs in DOCUMENTED.items()}
    assert not {path: verbs for path, verbs in missing.items() if verbs}
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    changed = sorted(
        path
        for path in found["paths"].keys() | kept["paths"].keys()
        if found["paths"].get(path) != kept["paths"].get(path)
    )
    assert not changed, "run `python -m tests.web.schema` and read the difference"
    assert text(found) == text(kept)
