"""The strategy `model` of a configuration: its bundle is read, judged and given to it, by the one process that asks it.

No other process opens a bundle: what closes everything must work beside one that is broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog
from pydantic import BaseModel

from jackline.cli.checks import Found
from jackline.cli.problems import Problem
from jackline.cli.section_types import BAR_INTERVALS_MS, DAY_MS
from jackline.cli.sections import AccountSection, StrategySection, VenueSection
from jackline.core.ports import Strategy
from jackline.engine.options import BotOptions
from jackline.models.libraries import READING, require
from jackline.models.refusal import BundleRefused, Verdict
from jackline.strategies.building import build
from jackline.strategies.model import ModelDriven
from jackline.strategies.registry import MODEL

log = structlog.get_logger("model")

KEY = "strategy.bundle"
MADE = "training writes one; jackline model check PATH says what is in it"


@dataclass(slots=True)
class OpinionLog:
    """Says once that a model has no opinion, and once that it has one again (M2): of a symbol, or of the model."""

    _last: dict[str, str] = field(default_factory=dict)

    def tell(self, symbol: str, doubted: object) -> None:
        """What became of one bar. `doubted` is `models.inference.NoOpinion`, or None."""
        from jackline.models.inference import ABOUT_THE_MODEL, NoOpinion

        doubt = doubted.doubt if isinstance(doubted, NoOpinion) else None
        whole = doubt in ABOUT_THE_MODEL
        for about, now in (
            ("", str(doubt) if whole else ""),
            (symbol, "" if whole or doubt is None else doubt),
        ):
            if about == symbol and whole:
                continue  # nothing was learnt of the symbol
            before = self._last.get(about, "")
            self._last[about] = now
            if now and now != before and isinstance(doubted, NoOpinion):
                log.warning("model_no_opinion", code="M2", symbol=symbol, doubt=now, detail=doubted.detail)
            elif before and not now:
                log.info("model_opinion_again", code="M2", symbol=symbol, after=before)


def choose_model(section: StrategySection, found: Found, *, load: bool) -> Strategy | list[Problem]:
    """The strategy with its model, or what is wrong with the bundle. Without `load` it has none, and no file is opened.

    Raises:
        ParametersRefused: unknown, mistyped or out-of-range parameters, all of them at once.
    """
    if section.bundle is None:
        return [found.problem(KEY, None, f'missing; name = "{MODEL}" needs one', f"its directory; {MADE}")]
    driven = build(ModelDriven, MODEL, section.parameters)
    if not load or not isinstance(driven, ModelDriven):
        return driven
    try:
        require(READING)
        from jackline.models.bundle import read_bundle
        from jackline.models.inference import Inference

        model = Inference(
            bundle=read_bundle(found.path.parent / section.bundle),
            age_ms_max=driven.model_age_days_max * DAY_MS,
            range_margin_fraction=driven.range_margin_fraction,
            tell=OpinionLog().tell,
        )
    except BundleRefused as refused:
        return [_problem(KEY, section.bundle, refused.verdict, found)]
    return replace(driven, model=model)


def model_problems(
    strategy: Strategy | list[Problem],
    bots: Sequence[BotOptions],
    sections: Mapping[str, BaseModel],
    found: Found,
) -> Iterator[Problem]:
    """A bundle that is right by itself and not for these bars, symbols or this mode. Filters choose symbols later:
    on one of those a model has no opinion where it was not trained for it."""
    venue, account = sections.get("venue"), sections.get("account")
    if not isinstance(venue, VenueSection) or not isinstance(account, AccountSection):
        return  # their own problem
    asked: list[tuple[str, object, tuple[str, ...]]] = [
        (f"bot.{one.bot.name}.bundle", one.strategy, one.bot.symbols or venue.symbols) for one in bots
    ]
    for key, one, symbols in asked or [(KEY, strategy, venue.symbols)]:
        if not isinstance(one, ModelDriven) or one.model is None:
            continue
        from jackline.models.inference import Inference
        from jackline.models.stated import unfit

        if isinstance(one.model, Inference):
            manifest, interval_ms = one.model.bundle.manifest, BAR_INTERVALS_MS[venue.bar_interval]
            for verdict in unfit(manifest, interval_ms=interval_ms, symbols=symbols, mode=account.mode):
                yield _problem(key, one.model.bundle.directory, verdict, found)


def _problem(key: str, value: object, verdict: Verdict, found: Found) -> Problem:
    return found.problem(key, str(value), f"M1: {verdict.check}: {verdict.detail}", verdict.fix)
