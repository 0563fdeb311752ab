"""What a web process is started with. Built by the composition root from the configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jackline.core.bots import Bot
from jackline.core.orders import PriceSource
from jackline.core.settings import RiskSettings
from jackline.core.values import Symbol

BODY_BYTES_MAX = 64 * 1024
"""No request of ours is a tenth of it."""

REQUESTS_PER_S_MAX = 600
"""About what one process answers on two cores: one token may have nearly all of it, and never more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """One account and where it is served.

    Attributes:
        venue: name of the venue and the host it is at, as people know them.
        state_dir: journal, desk, lease and picture of the engine.
        hosts: what a request may call us (`Host` header, without port): a page that has another name for us is refused.
        is_tls: the browser speaks TLS to us, or to the proxy that is trusted: cookies are `Secure` then.
        trusted_proxy: the one address whose `X-Forwarded-For` is believed; None believes nobody.
        configured: every key of the configuration as text, without secrets, by `table.key`.
        bots: every bot, and the name of its strategy.
        vault_file: where exchange keys are kept; only names and facts are read of it.
        requests_per_s_max: of one token; what only lowers risk is not counted.
    """

    account: str
    mode: str
    venue: str
    state_dir: Path
    symbols: tuple[Symbol, ...]
    interval_ms: int
    risk: RiskSettings
    price_source: PriceSource
    bots: tuple[tuple[Bot, str], ...]
    configured: Mapping[str, str]
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost", "[::1]"})
    is_tls: bool = False
    trusted_proxy: str | None = None
    vault_file: Path | None = None
    requests_per_s_max: int = REQUESTS_PER_S_MAX
