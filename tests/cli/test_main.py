"""The command line as a process: quick to start, complete in its help, and never a traceback."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from jackline import __version__
from jackline.cli import errors
from jackline.cli.errors import CommandFailed, ExitCode, explain
from jackline.cli.main import COMMANDS, load
from jackline.core.errors import InvariantBroken
from tests.processes import write_config

HEAVY = (
    "ccxt",
    "aiohttp",
    "pydantic",
    "numpy",
    "sklearn",
    "skops",
    "numba",
    "fastapi",
    "polars",
    "sqlite3",
    "asyncio",
)
DEADLINE_S = 30


def jackline(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jackline", *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_help_lists_every_command() -> None:
    done = jackline("--help")
    assert done.returncode == 0
    for name, lazy in COMMANDS.items():
        assert f"  {name} " in done.stdout
        assert lazy.summary in done.stdout


def test_version() -> None:
    assert jackline("version").stdout.strip() == __version__


@pytest.mark.parametrize("arguments", ["--help", "close-all --help", "positions --help"])
def test_nothing_heavy_is_imported_to_say_what_a_command_does(arguments: str) -> None:
    """Imports are what a start costs, so imports are counted and not milliseconds."""
    code = (
        "import sys\n"
        "from jackline.cli.main import main\n"
        f"sys.argv = ['jackline', *{arguments.split()!r}]\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as ended:\n"
        "    assert not ended.code, ended.code\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_describes_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        load(name)(args=["--help"], prog_name=f"jackline {name}")
    assert ended.value.code == 0
    assert "Usage: jackline" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["close-al"], "Did you mean 'close-all'"),
        (["close-all", "--bogus"], "No such option"),
        (["positions"], "Missing option '--config'"),
    ],
)
def test_a_slip_on_the_command_line_exits_with_2(arguments: list[str], said: str) -> None:
    done = jackline(*arguments)
    assert done.returncode == ExitCode.BAD_INPUT
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["positions", "orders", "close-all", "engine", "watchdog"])
@pytest.mark.owns("C1")
def test_every_command_refuses_a_bad_configuration_with_the_key_and_the_fix(
    command: str, tmp_path: Path
) -> None:
    config = write_config(tmp_path, "http://127.0.0.1:1", risk__leverge="4")
    done = jackline(command, "--config", str(config))
    assert done.returncode == ExitCode.BAD_INPUT
    assert "risk.leverge = 4" in done.stderr
    assert "did you mean risk.leverage?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "state").exists(), "nothing was started"


def test_every_known_exception_exists() -> None:
    """The table names classes, so a renamed one must be found here and not by a user."""
    for name in errors._CODES:
        module, _, attribute = name.rpartition(".")
        assert issubclass(getattr(import_module(module), attribute), Exception)


def test_exceptions_become_texts_and_codes() -> None:
    from jackline.engine.options import StartRefused
    from jackline.store.errors import DbTrouble, StoreDamaged, TroubleKind
    from jackline.store.lease import NOBODY_SAID, LeaseHeld

    cases: list[tuple[BaseException, ExitCode]] = [
        (CommandFailed(ExitCode.NOTHING, "declined"), ExitCode.NOTHING),
        (StartRefused("venue.position_mode"), ExitCode.BAD_INPUT),
        (LeaseHeld(Path("state"), NOBODY_SAID), ExitCode.LEASE_HELD),
        (StoreDamaged(what="torn", where="engine.db", fix="set it aside"), ExitCode.STORE_DAMAGED),
        (DbTrouble(TroubleKind.FULL, "disk"), ExitCode.STORE_DAMAGED),
        (FileNotFoundError(2, "No such file", "data.csv"), ExitCode.BAD_INPUT),
        (ExceptionGroup("tasks", [StartRefused("inside a group")]), ExitCode.BAD_INPUT),
    ]
    for error, code in cases:
        text, found = explain(error)
        assert found is code, error
        assert text


def test_a_bug_is_called_a_bug_with_its_place() -> None:
    try:
        raise InvariantBroken("P4", {"price": 1})
    except InvariantBroken as error:
        text, code = explain(error)
    assert code is ExitCode.INTERNAL
    assert "P4 broken: price=1" in text
    assert Path(__file__).name in text
