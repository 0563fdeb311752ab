"""`jackline new`: a configuration for a paper account, asked for or by options.

Only what reads the command line is imported here: the rest comes when the command runs.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from jackline.cli.account import JsonOption
from jackline.cli.errors import CommandFailed, ExitCode


def new(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write jackline.toml; made if need be.")
    ] = Path(),
    *,
    venue: Annotated[str | None, typer.Option(help="binance or bingx.", show_default=False)] = None,
    account: Annotated[str | None, typer.Option(help="Name of the account.", show_default=False)] = None,
    purpose: Annotated[
        str | None,
        typer.Option("--for", help="A built-in strategy, manual, own or guard.", show_default=False),
    ] = None,
    symbols: Annotated[str | None, typer.Option(help="By comma.", show_default=False)] = None,
    bar: Annotated[str | None, typer.Option(help="Length of a bar, e.g. 5m.", show_default=False)] = None,
    leverage: Annotated[str | None, typer.Option(help="1 … 125.", show_default=False)] = None,
    stop: Annotated[
        str | None, typer.Option(help="Distance of the stop: 0.015 is 1.5 %.", show_default=False)
    ] = None,
    risk: Annotated[
        str | None, typer.Option(help="Loss at a stop: 0.0075 is 0.75 % of equity.", show_default=False)
    ] = None,
    daily_loss: Annotated[
        str | None, typer.Option(help="Loss of a day that ends it: 0.05 is 5 %.", show_default=False)
    ] = None,
    keys: Annotated[str | None, typer.Option(help="play, vault or environment.", show_default=False)] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="With --keys vault: one line, the key.", show_default=False)
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option(help="With --keys vault: one line, the secret.", show_default=False)
    ] = None,
    exchange_port: Annotated[
        str | None, typer.Option(help="Of the local exchange.", show_default=False)
    ] = None,
    web_port: Annotated[str | None, typer.Option(help="Of the dashboard.", show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the default of what is not given.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Write over a jackline.toml that is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Write a configuration for a paper account: a few questions, each with a default; ? explains one."""
    given = {
        "venue.name": venue,
        "account.name": account,
        "purpose": purpose,
        "venue.symbols": symbols,
        "venue.bar_interval": bar,
        "risk.leverage": leverage,
        "risk.stop_value_fraction": stop,
        "risk.risk_per_trade_fraction": risk,
        "risk.daily_loss_max_fraction": daily_loss,
        "keys": keys,
        "exchange_port": exchange_port,
        "web.port": web_port,
    }
    answers, made = _made(
        directory,
        {name: text for name, text in given.items() if text is not None},
        yes=yes,
        overwrite=overwrite,
        key_files=(key_file, secret_file),
    )
    _tell(made, answers, as_json=json)


def _made(
    directory: Path,
    given: Mapping[str, str],
    *,
    yes: bool,
    overwrite: bool,
    key_files: tuple[Path | None, Path | None],
) -> tuple[dict[str, object], tuple[Path, ...]]:
    """Everything that can be refused is refused before the first file is written."""
    from jackline.cli.wizard import asking, storing, writing

    asks = not yes and asking.is_terminal()
    if not asks and not yes and not given:
        text = "Nobody is there to be asked. Fix: --yes takes the defaults, and each answer is an option"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    path = directory / writing.FILE
    if path.exists() and not overwrite and not (asks and asking.agreed(f"{path} is there. Write it anew?")):
        text = f"{path} is there; nothing was written. Fix: name another directory, or give --overwrite"
        raise CommandFailed(ExitCode.NOTHING, text)
    answers = asking.answered(given, asks=asks)
    made = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    try:
        _settle(directory, answers, asks=asks)
        pair = storing.read(answers, *key_files)
    except BaseException:
        if made:
            directory.rmdir()
        raise
    files = writing.write(directory, answers)
    if pair is not None:
        files = (*files, *storing.store(directory / writing.FILE, answers, pair))
    writing.started(directory, answers)
    return answers, files


def _settle(directory: Path, answers: dict[str, object], *, asks: bool) -> None:
    """Ask again what is right by itself and does not hold together. Raises ConfigError where nobody can be asked."""
    from jackline.cli.problems import ConfigError
    from jackline.cli.wizard import asking, writing

    for _ in range(asking.TRIES_MAX):
        try:
            writing.checked(directory, writing.text_of(answers))
        except ConfigError as wrong:
            if not asks:
                raise
            asking.say("\n".join(str(problem) for problem in wrong.problems))
            if not asking.asked_again(answers, wrong.problems):
                raise
        else:
            return


def _tell(made: tuple[Path, ...], answers: Mapping[str, object], *, as_json: bool) -> None:
    from jackline.cli.page import fitted
    from jackline.cli.views import print_json
    from jackline.cli.wizard.next_steps import next_steps

    if as_json:
        print_json(config=str(made[0]), written=[str(path) for path in made])
        return
    print(fitted(f"Written: {', '.join(str(path) for path in made)}."))
    print(fitted("It passes every check that a start makes. Play money; nothing of it leaves this machine."))
    print(f"\n{next_steps(made[0], answers)}")
