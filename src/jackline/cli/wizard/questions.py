"""What is asked, in which order, and what may be answered: by the declarations of the configuration's keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from pydantic import BaseModel, ValidationError

from jackline.cli.all_sections import SECTIONS
from jackline.cli.allowed import allowed
from jackline.cli.problems import section_problems
from jackline.cli.spoken import toml_text
from jackline.cli.tree import toml_value
from jackline.core.settings import RiskSettings, StopSettings
from jackline.exchange.symbols import symbol_named

GUARD, OWN = "guard", "own"
PURPOSES = ("rsi_trend", "ema_cross", "supertrend", "manual", OWN, GUARD)
"""What an account is for: a strategy that needs nothing else, a file of one's own, or no entries at all."""
PLAY, VAULT, ENVIRONMENT = "play", "vault", "environment"
KEYS = (PLAY, VAULT, ENVIRONMENT)
PURPOSE, KEY, PORT = "purpose", "keys", "exchange_port"
"""Answers that are no key of the configuration by themselves."""
SYMBOLS = {"binance": "BTCUSDT,ETHUSDT", "bingx": "BTC-USDT,ETH-USDT"}

Answers = Mapping[str, object]


class NotAllowed(Exception):
    """An answer that cannot be taken: what is wrong with it. What may be answered stands in the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. `name` is the configuration's key where it has one; `read` raises NotAllowed."""

    name: str
    text: str
    meaning: str
    default: str
    allowed: str
    read: Callable[[str], object]


def questions(answers: Answers) -> Iterator[Question]:
    """One after the other: whoever reads them puts each answer into `answers` before the next, which depends on it."""
    yield _of_key("venue.name", "Venue", default="binance")
    yield _of_key("account.name", "Name of the account", default="main")
    yield _of_choice(PURPOSE, "What it is for", PURPOSES, _PURPOSE)
    if answers[PURPOSE] != GUARD:
        yield _of_symbols(str(answers["venue.name"]))
        yield _of_key("venue.bar_interval", "Length of a bar")
    yield _of_key("risk.leverage", "Leverage")
    yield _of_stop(answers["risk.leverage"])
    if answers[PURPOSE] != GUARD:
        yield _of_key("risk.risk_per_trade_fraction", "Loss at a stop, share of equity")
        yield _of_key("risk.daily_loss_max_fraction", "Loss of a day that ends it, share of equity")
    yield _of_choice(KEY, "Key to the venue", KEYS, _KEYS)
    yield _of_port(PORT, "Port of the local exchange", "8090", "where paper money is traded, on this machine")
    yield _of_port("web.port", "Port of the dashboard", "8080", "0 chooses one at each start")


_PURPOSE = (
    "a built-in strategy; manual opens what you ask for with jackline signal; own writes a strategy file to change; "
    "guard enters nothing and protects what others open"
)
_KEYS = (
    "play is the play money of the local exchange and needs no secret; vault asks for a key and keeps it encrypted; "
    "environment leaves the name of a key file to JACKLINE__VENUE__KEY_FILE"
)


def _of_symbols(venue: str) -> Question:
    """As the wire spells them, and as the local exchange lists them: there a paper account is traded."""
    asked = _of_key("venue.symbols", "Symbols, by comma", default=SYMBOLS[venue])

    def read(answer: str) -> object:
        names = asked.read(answer)
        for name in names if isinstance(names, list) else []:
            try:
                symbol_named(name.replace("-", ""))
            except ValueError as error:
                raise NotAllowed(str(error)) from None
        return names

    return replace(
        asked,
        meaning="what is traded, as the venue writes it; filters can choose instead: docs/universe.md",
        allowed=f"1 … 250 names, e.g. {SYMBOLS[venue]}",
        read=read,
    )


def _of_stop(leverage: object) -> Question:
    """With the range that a start allows, narrower than the key's own: beyond the costs, before liquidation (P7)."""
    asked = _of_key("risk.stop_value_fraction", "Distance of the stop, share of the price")
    stop, risk = StopSettings(), RiskSettings()
    low = max(stop.distance_min_fraction, stop.noise_multiple * 2 * risk.taker_fraction)
    high: Decimal = stop.distance_max_fraction
    if isinstance(leverage, int):
        high = min(high, stop.liquidation_share_max / leverage)
    shown = high.quantize(Decimal("0.0001"), rounding=ROUND_DOWN)
    return replace(
        asked,
        meaning="how far from the fill the stop stands: 0.015 is 1.5 % of the price; the more leverage, the nearer",
        allowed=f"{low.normalize():f} … {shown.normalize():f}" if low < high else asked.allowed,
    )


def _of_key(key: str, text: str, *, default: str | None = None) -> Question:
    """A question whose range, meaning and default are those of a key of the configuration."""
    section, _, name = key.partition(".")
    model = SECTIONS[section]
    field = model.model_fields[name]
    return Question(
        name=key,
        text=text,
        meaning=field.description or "",
        default=_typed(field.default) if default is None else default,
        allowed=_worded(allowed(model, name)),
        read=lambda answer: _checked(model, section, name, answer),
    )


def _typed(value: object) -> str:
    """As a person would type it."""
    return toml_text(value).strip('"')


def _worded(text: str) -> str:
    """Choices without the quotes that a file needs."""
    return text.replace('"', "")


def _checked(model: type[BaseModel], section: str, name: str, answer: str) -> object:
    """The answer as the file would hold it. Raises NotAllowed in the words of the configuration's own check."""
    value = toml_value(answer)
    try:
        model.model_validate({name: value})
    except ValidationError as error:
        for problem in section_problems(section, model, error, {}, ""):
            if problem.key == f"{section}.{name}":
                raise NotAllowed(problem.what) from None
    return [part.strip() for part in answer.split(",")] if name == "symbols" else value


def _of_choice(name: str, text: str, choices: tuple[str, ...], meaning: str) -> Question:
    def read(answer: str) -> str:
        if answer not in choices:
            raise NotAllowed("none of the choices")
        return answer

    return Question(
        name=name, text=text, meaning=meaning, default=choices[0], allowed=", ".join(choices), read=read
    )


def _of_port(name: str, text: str, default: str, meaning: str) -> Question:
    least = 0 if name == "web.port" else 1

    def read(answer: str) -> int:
        if not (answer.isascii() and answer.isdigit() and least <= int(answer) <= 65_535):
            raise NotAllowed("no port")
        return int(answer)

    return Question(
        name=name, text=text, meaning=meaning, default=default, allowed=f"{least} … 65535", read=read
    )
