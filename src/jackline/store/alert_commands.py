"""An alert as it comes in, and the command that it becomes: what is not exactly an alert is refused with the reason.

    {"secret": "…", "bot": "alerts", "symbol": "ETHUSDT", "side": "buy", "time": "2026-01-31T12:00:00Z"}

`id`, `confidence` and `reason` may be said too. TradingView fills in ``{{ticker}}``, ``{{strategy.order.action}}`` and
``{{timenow}}``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from jackline.core.bots import Bot, SignalSource
from jackline.core.sides import SPELLINGS
from jackline.core.values import ONE, ZERO, Fraction, Side, Symbol, WireMs
from jackline.store.commands import Command, CommandKind

KEYS = frozenset({"secret", "bot", "symbol", "side", "time", "id", "confidence", "reason"})
NEEDED = ("bot", "symbol", "side", "time")
TEXT_CHARS_MAX = 200
"""Of every text but the secret."""
AHEAD_MS_MAX = 10_000
"""A sender's clock may be ahead of ours by so much; further, and its age means nothing."""
MS_DIGITS = re.compile(r"[0-9]{13}")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PREFIX = re.compile(r"^[A-Z0-9_]+:")
_SUFFIX = re.compile(r"\.P$")


class AlertRefused(Exception):
    """What is wrong with an alert, as an answer: status of HTTP, a word for programs, and a sentence."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        self.status = status
        self.error = error
        self.detail = detail
        super().__init__(f"{error}: {detail}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """What an alert is judged by. `secret` None: whoever brings it is known already."""

    secret: bytes | None = field(repr=False)
    bots: Mapping[str, Bot]
    symbols: tuple[Symbol, ...]
    age_ms_max: int


def read_alert(body: bytes, rules: AlertRules, now_ms: WireMs, *, actor: str = "webhook") -> Command:
    """The command of an alert. Its id is the alert's own, or made of what it says: the same alert is the same command.

    The secret is looked at before anything else is: who does not know it learns nothing from the answer (S2).
    Raises AlertRefused.
    """
    said = _said(body)
    given = said.get("secret")
    known = given.encode(errors="replace") if isinstance(given, str) else b""
    if rules.secret is not None and not hmac.compare_digest(known, rules.secret):
        raise AlertRefused(401, "forged", "the secret is missing or wrong")
    strange = sorted(said.keys() - KEYS)
    if strange:
        raise AlertRefused(400, "unknown_key", f"{ascii(strange)[:TEXT_CHARS_MAX]}: no keys of an alert")
    bot, side = _bot(_text(said, "bot"), rules), _side(_text(said, "side"))
    symbol = _symbol(_text(said, "symbol"), bot, rules)
    told_ms = _time(said.get("time"))
    age_ms = now_ms - told_ms
    if not -AHEAD_MS_MAX <= age_ms <= rules.age_ms_max:
        raise AlertRefused(422, "old", f"made {age_ms} ms ago; at most {rules.age_ms_max} are taken")
    own = _text(said, "id") if "id" in said else f"{told_ms} {symbol} {side.value}"
    return Command(
        command_id=f"alert-{hashlib.sha256(f'{bot.name} {own}'.encode()).hexdigest()[:32]}",
        created_ms=now_ms,
        actor=actor,
        kind=CommandKind.ALERT,
        symbol=symbol,
        side=side,
        reason=_text(said, "reason") if "reason" in said else "alert",
        bot=bot.name,
        confidence=_confidence(said.get("confidence")),
        told_ms=told_ms,
    )


def _said(body: bytes) -> dict[str, object]:
    try:
        said = json.loads(body, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise AlertRefused(400, "not_json", "the body is one JSON object, each key in it once") from None
    if not isinstance(said, dict):
        raise AlertRefused(400, "not_json", "the body is one JSON object")
    return said


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _text(said: Mapping[str, object], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= TEXT_CHARS_MAX or not value.isprintable():
        raise AlertRefused(400, "bad_value", f"{key} is to be a text of 1 … {TEXT_CHARS_MAX} letters")
    return value.strip()


def _bot(name: str, rules: AlertRules) -> Bot:
    bot = rules.bots.get(name)
    if bot is None or bot.source is not SignalSource.WEBHOOK:
        known = ", ".join(one.name for one in rules.bots.values() if one.source is SignalSource.WEBHOOK)
        raise AlertRefused(
            404, "no_bot", f'no bot with strategy = "webhook" has that name; there are: {known}'
        )
    return bot


def _side(text: str) -> Side:
    found = SPELLINGS.get(text.lower())
    if found is None:
        raise AlertRefused(400, "bad_value", f"side is one of {', '.join(SPELLINGS)}")
    return found


def _symbol(text: str, bot: Bot, rules: AlertRules) -> Symbol:
    """As the venue writes it; a chart's `BINANCE:BTCUSDT.P` is the same market."""
    symbol = Symbol(_SUFFIX.sub("", _PREFIX.sub("", text.upper())))
    # Where filters choose the symbols none is named here, and the engine knows whether it has this one.
    if (rules.symbols and symbol not in rules.symbols) or not bot.trades(symbol):
        raise AlertRefused(404, "no_symbol", f"not a symbol of bot {bot.name}")
    return symbol


def _time(value: object) -> WireMs:
    """Milliseconds since 1970, or ISO 8601 with its offset from UTC, as TradingView writes it."""
    if isinstance(value, str) and MS_DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return WireMs(value)
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        if found is not None and found.tzinfo is not None:
            return WireMs((found - EPOCH) // timedelta(milliseconds=1))
    except (ValueError, OverflowError):
        pass
    what = "time is to be milliseconds since 1970, or ISO 8601 as 2026-01-31T12:00:00Z"
    raise AlertRefused(400, "bad_value", what)


def _confidence(value: object) -> Fraction | None:
    if value is None:
        return None
    try:
        number = (
            None if isinstance(value, bool) or not isinstance(value, str | int | Decimal) else Decimal(value)
        )
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or not ZERO <= number <= ONE:
        raise AlertRefused(400, "bad_value", "confidence is to be a number from 0 to 1")
    return Fraction(number)
