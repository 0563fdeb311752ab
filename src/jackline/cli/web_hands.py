"""What the web process is given besides the store: the file of keys, what a promotion needs, what judges alerts."""

from __future__ import annotations

from dataclasses import replace

from jackline.cli.bot_hands import BotsOfAccount
from jackline.cli.config import Config
from jackline.cli.key_hands import FileOfKeys
from jackline.cli.secret_file import read_secret
from jackline.store.signature import Promotion, sign
from jackline.web.hands import AlertTerms, Hands, PhaseTerms, SignHand


def web_hands(config: Config) -> Hands:
    """Of one configuration. A webhook's secret that is named and cannot be read stops the start."""
    options, phase = config.engine_options(), config.phase_options()
    bots = BotsOfAccount(config)
    named = config.webhook.secret_file
    return Hands(
        keys=FileOfKeys(config=config),
        phase=PhaseTerms(bound=lambda: bots.bound, needs=phase.needs, sign=_signer(config)),
        bots=bots,
        alerts=AlertTerms(
            secret=None if named is None else read_secret(named, config.path.parent),
            symbols=options.symbols,
            age_ms_max=options.signal_age_ms_max or options.interval_ms,
        ),
    )


def _signer(config: Config) -> SignHand | None:
    """Signs with the operator's key, for whoever the web has let pass; None without a key."""
    key = config.signing_key
    if key is None:
        return None

    def signed(wish: Promotion, *, command_id: str, actor: str, reason: str) -> Promotion:
        return replace(wish, signature=sign(wish, command_id=command_id, actor=actor, reason=reason, key=key))

    return signed
