"""`jackline phase status|promote|key`: what an account may risk, the evidence for more, and the signature under it.

Only what reads the command line is imported here: the rest comes when a command runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jackline.cli.account import ConfigOption, JsonOption
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.switch import ReasonOption

if TYPE_CHECKING:
    from jackline.cli.config import Config
    from jackline.core.phases import Evidence, Stage, Standing
    from jackline.store.signature import Promotion, SigningKey

HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, context_settings=HELP)


@app.callback()
def phase() -> None:
    """backtest, paper, testnet, live_canary, live: each is entered by evidence and a signature."""


@app.command("status")
def status(config: ConfigOption, json: JsonOption = False) -> None:
    """Show the phase, the evidence for the next one, and what is lacking."""
    from jackline.cli.config import load_config
    from jackline.cli.page import fitted
    from jackline.cli.views import print_json
    from jackline.core.phases import changed_keys
    from jackline.core.promotion import judge

    loaded = load_config(config)
    options = loaded.phase_options()
    standing, evidence = _read(loaded)
    changed = changed_keys(standing.bound, options.bound)
    verdict = judge(evidence, options.needs)
    after = standing.stage.after
    if json:
        print_json(
            phase=standing.stage.value,
            next=after.value if after else None,
            identity=standing.identity,
            changed_keys=list(changed),
            ready=verdict.passed and not changed,
            checks=[{"name": one.name, "passed": one.passed, "detail": one.detail} for one in verdict.checks],
        )
        return
    print(f"Phase {standing.stage}, for strategy and risk {standing.identity[:8]}.")
    if changed:
        said = f"Changed since: {', '.join(changed)}. The next start of the engine puts the account on paper."
        print(fitted(said))
    print(f"For {after}:" if after else "Nothing follows.")
    for one in verdict.checks:
        print(fitted(f"  {'yes' if one.passed else 'NO ':3}  {one.name}: {one.detail}"))


@app.command("promote")
def promote(
    config: ConfigOption,
    to: Annotated[str, typer.Option("--to", help="The phase that follows the present one.")],
    reason: ReasonOption,
    json: JsonOption = False,
) -> None:
    """Sign a promotion. The engine judges the evidence by itself, and refuses where any is lacking."""
    from jackline.cli.config import load_config
    from jackline.cli.stored import await_answer, engine_holder, submit
    from jackline.cli.views import print_json
    from jackline.store.commands import CommandKind
    from jackline.store.signature import Promotion

    loaded = load_config(config)
    if not reason.strip():
        raise CommandFailed(ExitCode.BAD_INPUT, "--reason: it is empty. Fix: say why; the journal keeps it")
    stage, key = _stage(to), _key(loaded)
    standing, evidence = _read(loaded)
    _check(loaded, standing, stage, evidence)
    wish = Promotion(account=loaded.account.name, before=standing.stage, to=stage, identity=standing.identity)
    command_id = submit(
        loaded,
        CommandKind.PROMOTE,
        reason=reason,
        sign=lambda command_id, actor: _signed(wish, command_id, actor, reason, key),
    )
    holder = engine_holder(loaded)
    answer = None if holder is None else await_answer(loaded, holder, command_id)
    refused = answer is not None and answer.startswith("refused")
    if json:
        print_json(answer=answer, engine=holder is not None)
    else:
        typer.echo("Signed: the next engine judges it." if answer is None else f"{answer}.")
    if refused:
        raise typer.Exit(ExitCode.NOTHING)


@app.command("key")
def key(
    path: Annotated[Path, typer.Argument(help="The file to write, e.g. phase.key.toml.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Make a key that signs promotions. Readable by its owner alone, and never over a file that exists."""
    import secrets

    from jackline.cli.new_file import new_file
    from jackline.cli.views import print_json
    from jackline.store.signature import KEY_BYTES

    with new_file(path) as file:
        file.write(f'key = "{secrets.token_hex(KEY_BYTES)}"\n'.encode())
    if json:
        print_json(key_file=str(path))
    else:
        typer.echo(f'Written: {path}. Name it in [phase]: key_file = "{path.name}"')


def _read(config: "Config") -> "tuple[Standing, Evidence]":
    """Where the account stands, and the evidence since. Raises CommandFailed where no engine has written it."""
    from jackline.cli.stored import read_store
    from jackline.store.evidence import collect, read_standing

    needs = config.phase_options().needs
    standing = read_store(config, read_standing)
    if standing is None:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            f"{config.state_dir}: no phase is on record. Fix: start the engine once: it begins on paper",
        )
    return standing, read_store(config, lambda store: collect(store, standing, needs))


def _check(config: "Config", standing: "Standing", to: "Stage", evidence: "Evidence") -> None:
    """Refuse before anything is signed, with all that is lacking. The engine asks the same again."""
    from jackline.core.phases import changed_keys
    from jackline.core.promotion import promotion_denial

    options = config.phase_options()
    changed = changed_keys(standing.bound, options.bound)
    lacking = (
        [f"changed since, so the evidence is of something else: {', '.join(changed)}"] if changed else []
    )
    lacking += promotion_denial(standing, to, evidence, options.needs)
    if lacking:
        listed = "\n".join(f"  {one}" for one in lacking)
        raise CommandFailed(
            ExitCode.NOTHING,
            f"Not promoted to {to}; lacking:\n{listed}\nFix: jackline phase status shows the way",
        )


def _stage(text: str) -> "Stage":
    from jackline.core.phases import Stage

    try:
        return Stage(text)
    except ValueError:
        allowed = ", ".join(Stage)
        raise CommandFailed(ExitCode.BAD_INPUT, f"--to: {text} is no phase. Fix: one of {allowed}") from None


def _key(config: "Config") -> "SigningKey":
    if config.signing_key is None:
        raise CommandFailed(
            ExitCode.BAD_INPUT,
            "phase.key_file: it is not set, so nobody can sign.\n"
            "Fix: jackline phase key FILE, name it in [phase], and restart the engine",
        )
    return config.signing_key


def _signed(wish: "Promotion", command_id: str, actor: str, reason: str, key: "SigningKey") -> "Promotion":
    from dataclasses import replace

    from jackline.store.signature import sign

    return replace(wish, signature=sign(wish, command_id=command_id, actor=actor, reason=reason, key=key))
