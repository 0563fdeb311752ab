"""`jackline plan`: a dry run of every gate and of the plan, without a venue.

Only what reads the command line is imported here: the rest comes when the command runs.
"""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jackline.cli.errors import CommandFailed, ExitCode

if TYPE_CHECKING:
    from jackline.cli.risk_section import RiskSection
    from jackline.core.dry_run import DryRun, Question
    from jackline.core.settings import RiskSettings
    from jackline.core.values import Symbol

NAME_COLUMNS = 30
"""Number, name and word of a gate; its detail begins here."""


def plan(
    symbol: Annotated[str, typer.Option(help="Market, as the venue writes it, e.g. BTCUSDT.")],
    side: Annotated[str, typer.Option(help="long or short; buy and sell are understood.")],
    entry: Annotated[str, typer.Option(help="Price at which the trade is taken to fill.")],
    equity: Annotated[str, typer.Option(help="Equity of the account, in quote currency.")],
    leverage: Annotated[
        int | None, typer.Option(help="Times its margin. [the configuration's]", show_default=False)
    ] = None,
    stop_basis: Annotated[
        str | None, typer.Option(help="price, margin or equity.", show_default=False)
    ] = None,
    stop_value: Annotated[
        str | None, typer.Option(help="Fraction of the basis; 0.04 is 4 %.", show_default=False)
    ] = None,
    confidence: Annotated[str | None, typer.Option(help="Of the signal, 0 to 1.", show_default=False)] = None,
    reference_ratio: Annotated[
        str | None,
        typer.Option(help="Reference close / its average; asks the regime gate.", show_default=False),
    ] = None,
    symbol_ratio: Annotated[
        str | None, typer.Option(help="The symbol's own close / its average.", show_default=False)
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Configuration (TOML). [the defaults]"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Ask every gate and plan the trade, without a venue. Exit code 0 for a plan, 3 where it is denied.

    Nothing is sent and nothing is read but the configuration. Gates that only a live account can
    answer say "assumed" with what was put in its place; the instrument is a typical one.
    """
    from jackline.core.dry_run import dry_run

    changed: dict[str, object] = {"leverage": leverage, "stop_basis": stop_basis}
    changed["stop_value_fraction"] = None if stop_value is None else _number("--stop-value", stop_value)
    risk, traded = _settings(config, {key: value for key, value in changed.items() if value is not None})
    question = _question(
        symbol=symbol, side=side, entry=entry, equity=equity, confidence=confidence, risk=risk, traded=traded
    )
    question = _with_ratios(question, reference_ratio, symbol_ratio)
    done = dry_run(question)
    if json:
        _print_json(question, done)
    else:
        _print_table(question, done)
    if done.denied is not None:
        raise typer.Exit(ExitCode.NOTHING)


def _number(option: str, text: str, *, most: Decimal | None = None, zero: bool = False) -> Decimal:
    """A plain number above 0, or from 0 on; else the option, what was given, the range, the fix."""
    wanted = f"{'from 0' if zero else 'above 0'}{'' if most is None else f' to {most}'}, e.g. 0.6 or 50000"
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise CommandFailed(ExitCode.BAD_INPUT, f"{option}: {text!r} is no number. Fix: {wanted}") from None
    too_low = value < 0 if zero else value <= 0
    if not value.is_finite() or too_low or (most is not None and value > most):
        raise CommandFailed(ExitCode.BAD_INPUT, f"{option}: {text} is out of range. Fix: {wanted}")
    return value


def _settings(
    config: Path | None, changed: dict[str, object]
) -> "tuple[RiskSettings, tuple[Symbol, ...] | None]":
    """The configuration's rules, or the defaults, with what the options change; checked like a configuration."""
    from dataclasses import replace

    from jackline.cli.config import load_config
    from jackline.cli.risk_section import RiskSection, risk_settings, with_usual_target
    from jackline.core.settings import RiskSettings

    if config is None:
        return risk_settings(_section(RiskSection, changed)), None
    loaded = load_config(config)
    base: RiskSettings = loaded.risk_settings()
    section = _section(RiskSection, {**loaded.risk.model_dump(exclude_unset=True), **changed})
    own = with_usual_target(risk_settings(section), section, loaded.strategy)
    risk = replace(own, regime=base.regime, opportunity=base.opportunity)
    return risk, loaded.symbols


def _section(kind: "type[RiskSection]", values: dict[str, Any]) -> "RiskSection":
    from pydantic import ValidationError

    from jackline.cli.problems import ConfigError, section_problems

    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise ConfigError(section_problems("risk", kind, error, {}, "command line")) from None


def _question(
    *,
    symbol: str,
    side: str,
    entry: str,
    equity: str,
    confidence: str | None,
    risk: "RiskSettings",
    traded: "tuple[Symbol, ...] | None",
) -> "Question":
    from jackline.core.dry_run import Question
    from jackline.core.sides import side_of
    from jackline.core.values import Fraction, Price, Quote, Symbol

    try:
        which = side_of(side)
    except ValueError as error:
        raise CommandFailed(ExitCode.BAD_INPUT, f"--side: {error}") from None
    if not symbol.replace("-", "").isalnum() or symbol != symbol.upper():
        text = f"--symbol: {symbol!r} is no name of a market. Fix: as the venue writes it, e.g. BTCUSDT"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    sure = None if confidence is None else _number("--confidence", confidence, most=Decimal(1), zero=True)
    return Question(
        symbol=Symbol(symbol),
        side=which,
        entry=Price(_number("--entry", entry, most=Decimal(10) ** 9)),
        equity_quote=Quote(_number("--equity", equity, most=Decimal(10) ** 12)),
        confidence=None if sure is None else Fraction(sure),
        risk=risk,
        traded=traded,
        ratios={},
    )


def _with_ratios(question: "Question", reference: str | None, own: str | None) -> "Question":
    """Regimes by their ratios; a given reference asks the gate even where the configuration does not."""
    from dataclasses import replace

    from jackline.core.gate_settings import Rule

    ratios, risk = dict(question.ratios), question.risk
    if own is not None:
        ratios[question.symbol] = _number("--symbol-ratio", own)
    if reference is not None:
        ratios[risk.regime.reference_symbol] = _number("--reference-ratio", reference)
        risk = replace(risk, regime=replace(risk.regime, gate=Rule.ON))
    return replace(question, risk=risk, ratios=ratios)


def _figures(question: "Question", done: "DryRun") -> dict[str, Decimal | None]:
    """The plan in figures; None where there is no plan."""
    if done.plan is None:
        names = ("stop_price", "target_price", "quantity", "notional_quote", "loss_at_stop_quote")
        return {**dict.fromkeys(names), "liquidation_price": None}
    plan = done.plan
    return {
        "stop_price": _trimmed(plan.stop.disaster_price),
        "target_price": None if plan.target_price is None else _trimmed(plan.target_price),
        "quantity": _trimmed(plan.quantity),
        "notional_quote": _trimmed(plan.quantity * question.entry),
        "loss_at_stop_quote": _trimmed(plan.risk_quote),
        "liquidation_price": (
            None if done.liquidation_price is None else _trimmed(round(done.liquidation_price, 8))
        ),
    }


def _trimmed(value: Decimal) -> Decimal:
    """Without the zeros that the grid left behind the point."""
    whole = value.to_integral_value()
    return whole if value == whole else value.normalize()


def _print_json(question: "Question", done: "DryRun") -> None:
    from jackline.cli.views import print_json

    print_json(
        decision="plan" if done.denied is None else "denied",
        reason=None if done.denied is None else done.denied.reason.value,
        gate=None if done.denied is None else done.denied.gate,
        detail=None if done.denied is None else done.denied.detail,
        gates=[{"name": one.name, "verdict": one.word.value, "detail": one.detail} for one in done.verdicts],
        **_figures(question, done),
    )


def _print_table(question: "Question", done: "DryRun") -> None:
    import textwrap

    from jackline.cli.page import WIDTH, fitted

    for number, one in enumerate(done.verdicts, 1):
        head = f"{number:>2} {one.name:<16}{one.word.value:<10} "
        lines = textwrap.wrap(one.detail, WIDTH - NAME_COLUMNS) or [""]
        typer.echo((head + lines[0]).rstrip())
        for line in lines[1:]:
            typer.echo(" " * NAME_COLUMNS + line)
    typer.echo()
    if done.denied is None:
        typer.echo("Planned.")
    else:
        typer.echo(fitted(f"DENIED by {done.denied.gate}: {done.denied.reason}: {done.denied.detail}"))
    for name, value in _figures(question, done).items():
        if value is not None:
            typer.echo(f"  {name:<20} {value:f}")
