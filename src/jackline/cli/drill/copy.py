"""A copy of the user's configuration for a drill: its symbols, sizes, stops and protection; its own everything else."""

from __future__ import annotations

from pathlib import Path

from jackline.cli.config import Config, load_config
from jackline.cli.effective import as_toml, effective
from jackline.cli.risk_section import RiskSection

FILE = "jackline.toml"
USUAL = {"binance": "BTCUSDT", "bingx": "BTC-USDT"}
NOTHING = (
    "venue.key_file", "venue.key_name", "keys.unlock_file", "strategy.file", "strategy.bundle", "webhook.secret_file",
    "alerts.urls_file", "alerts.info_tags", "alerts.warning_tags", "alerts.critical_tags", "alerts.quiet_hours",
    "alerts.deadman_url_file", "web.hosts", "web.tls_certificate_file", "web.tls_key_file", "web.trusted_proxy",
    "phase.key_file", "universe.allow", "universe.deny",
)  # fmt: skip
"""Keys, people and pages: a drill tells nobody and knows no secret."""
OWN: dict[str, object] = {
    "account.name": "drill",
    "account.state_dir": "state",
    "account.tape_mib_max": 0,
    "universe.chosen_by": "name",
    "strategy.name": "manual",
    "strategy.parameters": {},
    "alerts.time_zone": "UTC",
    "web.host": "127.0.0.1",
    "phase.parity_nightly": "off",
    "bot": {},
    # One drill follows the other at once, and some of them lose: what stops a day would stop the rehearsal.
    "risk.cooldown_ms": 0,
    "risk.losing_streak_max": 100,
    "risk.trades_per_symbol_max": 1,
}


def symbol_of(config: Config) -> str:
    """The first that the account trades; where filters choose, or a guard finds, the usual one."""
    first = config.bots[0].bot.symbols if config.bots else None
    return (first or config.symbols or (USUAL[config.venue.name],))[0]


def copied(config: Config, directory: Path, *, url: str) -> Config:
    """Written, and read again as its processes will read it. Raises ConfigError."""
    changed = {**dict.fromkeys(NOTHING), **OWN, **_bot_sizes(config)}
    changed |= {"venue.url": url, "venue.symbols": [symbol_of(config)]}
    path = directory / FILE
    path.write_text(as_toml(effective(load_config(config.path, changed))), encoding="utf-8")
    return load_config(path, environment={})


def _bot_sizes(config: Config) -> dict[str, object]:
    """What the bot whose symbol it is sets itself: a drill has one bot, which is the account's."""
    if not config.bots:
        return {}
    section = config.bot_sections[config.bots[0].bot.name]
    own = section.model_fields_set & RiskSection.model_fields.keys()
    return {f"risk.{name}": getattr(section, name) for name in sorted(own)}
