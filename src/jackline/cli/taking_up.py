"""What an engine is begun with, and begun with again when its configuration is to be taken up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import structlog

from jackline.cli.config import Config, load_config
from jackline.cli.errors import CommandFailed
from jackline.cli.key_check import key_check
from jackline.core.effects import Alert, Level
from jackline.engine.options import EngineOptions

log = structlog.get_logger("engine")

BY_HAND = ("name", "url", "key_file", "key_name")
"""Of `[venue]`: another account is another process."""


class TakingUp:
    """Of one process. `overrides`: what it was started with besides its file."""

    def __init__(self, first: Config, overrides: Mapping[str, object]) -> None:
        self._first = first
        self._overrides = dict(overrides)

    def options(self, config: Config, began_ms: int) -> EngineOptions:
        """Of a configuration that was read after `began_ms`."""
        managed = config.managed
        alerts: tuple[Alert, ...] = ()
        if managed.trouble:
            text = f"bots made over the API are not in force: {managed.path.name}: {managed.trouble}"
            log.critical("managed_bots_refused", code="C1", file=str(managed.path), detail=managed.trouble)
            alerts = (Alert(level=Level.CRITICAL, code="C1", text=text),)
        return replace(
            config.engine_options(), key_check=key_check(config.path), configured_ms=began_ms, alerts=alerts
        )

    def again(self, before: EngineOptions) -> EngineOptions:
        """As the files are now; as it was, told in the log, where they cannot be believed."""
        began_ms = time.time_ns() // 1_000_000
        try:
            config = load_config(self._first.path, self._overrides, load_strategy_file=True)
        except CommandFailed as failed:
            return self._unchanged(before, str(failed))
        if self._is_another(config):
            return self._unchanged(before, "[account], [keys] or the address or key of [venue] changed")
        return self.options(config, began_ms)

    def _is_another(self, config: Config) -> bool:
        first = self._first
        same_venue = all(getattr(config.venue, key) == getattr(first.venue, key) for key in BY_HAND)
        return not same_venue or config.account != first.account or config.keys != first.keys

    def _unchanged(self, before: EngineOptions, why: str) -> EngineOptions:
        text = f"the configuration was not taken up, the engine goes on as it was: {why}"
        log.critical("not_taken_up", code="C1", detail=why)
        return replace(before, alerts=(Alert(level=Level.CRITICAL, code="C1", text=text),))
