"""What to do next, as lines that can be typed: from where the person is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from jackline.cli.wizard.questions import ENVIRONMENT, GUARD, KEY, PORT, PURPOSE


def next_steps(path: Path, answers: Mapping[str, object]) -> str:
    """Every line is a command, with what it is for."""
    jackline, file = program(), _from_here(path)
    token = _from_here(path.parent / "web.token")
    port = answers["web.port"] or "PORT (the log says which)"
    is_guard = answers[PURPOSE] == GUARD
    run = f"{jackline} run -c {file} --token-file {token}"
    steps = [
        ("Exchange, engine, watchdog and dashboard, until Ctrl-C; stops stay:", run),
        ("The dashboard; log in with the token in that file:", f"http://127.0.0.1:{port}"),
        ("In another terminal: is everything as it should be?", f"{jackline} doctor {file}"),
        ("Is all protected, and what is open?", f"{jackline} status -c {file}"),
        ("What happens when things break, on a copy of this:", f"{jackline} drill all {file}"),
        ("What this account may risk, and what is lacking for more:", f"{jackline} phase status -c {file}"),
    ]
    if is_guard:
        steps[0] = (
            "The exchange, then guard and watchdog, each in a terminal of its own:",
            f"{jackline} exchange serve --port {answers[PORT]} --wire {answers['venue.name']}\n"
            f"    {jackline} guard -c {file}\n    {jackline} watchdog -c {file}",
        )
        steps[1] = ("The dashboard; jackline token create makes a token for it:", f"{jackline} web -c {file}")
    if answers[KEY] == ENVIRONMENT:
        steps.insert(
            0,
            (
                "The key: a file with key and secret, chmod 600. Unnamed, play money is used:",
                "export JACKLINE__VENUE__KEY_FILE=/path/of/key.toml",
            ),
        )
    return "\n".join(f"{why}\n    {what}" for why, what in steps)


def program() -> str:
    """How this command was called, so that what is printed can be typed."""
    called = Path(sys.argv[0])
    root = Path(__file__).resolve().parents[4]
    if (root / "x.py").is_file() and called.is_relative_to(root / ".venv"):
        return f"python3 {_from_here(root / 'x.py')} jackline"
    return "jackline" if called.name == "jackline" else f"{Path(sys.executable).name} -m jackline"


def _from_here(path: Path) -> str:
    """Short where it lies below the working directory, else absolute: never a chain of dots."""
    whole = path.absolute()
    here = Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)
