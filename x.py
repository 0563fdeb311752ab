"""The one entry point. Sets up .venv on first use, then becomes the command.

python3 x.py demo [..]           local exchange, engine, watchdog, a crash, a report
python3 x.py jackline [..]       any jackline command
python3 x.py test [--long] [..]  every check and test; --long adds those that
                                 take minutes (.. goes to pytest)
python3 x.py lint                the checks alone: format, types, imports, house
python3 x.py docs                the documentation site, into site/
python3 x.py lock                requirements.lock anew (--upgrade: newer ones)
python3 x.py release ..          check the lock, gather the notes, list, audit
"""

import hashlib
import os
import re
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV, LOCK = ROOT / ".venv", ROOT / "requirements.lock"
PYTHON, JACKLINE, STAMP = str(VENV / "bin/python"), str(VENV / "bin/jackline"), VENV / "x.stamp"
# uv must never fetch an interpreter of its own: what runs is what the user started. It trusts whom the system trusts:
# behind a company's proxy its built-in list of authorities refuses everything, and pip's long way is taken.
ENV = {
    "UV_SYSTEM_CERTS": "1",
    **os.environ,
    "UV_PYTHON_DOWNLOADS": "never",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
UV = [PYTHON, "-m", "uv", "pip"]
COMPILE = "compile pyproject.toml --universal --python-version 3.11 --all-extras --group dev".split()
COMPILE += ["--generate-hashes", "--no-annotate", "--custom-compile-command=python3 x.py lock"]


def ok(*command: str) -> bool:
    """Whether the command succeeds. Its output goes to stderr: stdout belongs to the final command."""
    return subprocess.run(command, cwd=ROOT, env=ENV, stdout=sys.stderr, check=False).returncode == 0


def set_up() -> None:
    """Make .venv what the lock says; free when neither lock, pyproject.toml nor the place has changed."""
    parts = (LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode())
    stamp = hashlib.sha256(b"\0".join(parts)).hexdigest()
    if os.path.exists(PYTHON) and STAMP.exists() and STAMP.read_text() == stamp:
        return
    print(
        "Setting up .venv: everything, research and tests included, is 0.7 GB to fetch and 2 GB on disk.\n"
        "Once, a minute or two on a good line; what is fetched is told as it comes.",
        file=sys.stderr,
    )
    if not os.path.exists(PYTHON):
        venv.create(VENV, clear=True, symlinks=True)  # without pip: quick, and Debian's Python can do it
    pip = [sys.executable, "-m", "pip", "-q", "--python", PYTHON]
    if find_spec("pip") is None:
        pip = [PYTHON, "-m", "pip", "-q"]
        if not ok(PYTHON, "-m", "ensurepip"):
            sys.exit("This Python has neither pip nor ensurepip. On Debian: sudo apt install python3-venv")
    locked = ["install", "--require-hashes", "-r", str(LOCK)]
    ours = ["install", "--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    uv_alone = VENV / "uv.txt"  # its own lines of the lock, so that it too comes with its hash
    uv_alone.write_text("".join(re.findall(r"^uv==(?:.*\\\n)+.*\n", LOCK.read_text(), re.M)))
    with_uv = (
        ok(*pip, "install", "--require-hashes", "-r", str(uv_alone)) and ok(*UV, *locked) and ok(*UV, *ours)
    )
    if not with_uv and not (ok(*pip, *locked) and ok(*pip, *ours)):
        sys.exit("The packages of requirements.lock could not be installed; the reason stands above.")
    STAMP.write_text(stamp)


def main(verb: str = "help", *rest: str) -> None:
    pytest = [PYTHON, "-m", "pytest", "-n", "2"]
    report = ["--long-report=docs/long-run.md"] if rest == ("--long",) else []
    commands = {
        "demo": [JACKLINE, "demo", *rest],
        "test": [*pytest, *report, *rest],
        "lint": [*pytest, "tests/house", *rest],
        "docs": [PYTHON, "-m", "mkdocs", "build", "--strict", *rest],
        "lock": [*UV, *COMPILE, "-o", LOCK.name, *rest],
        "release": [PYTHON, "tools/release.py", *rest],
        "jackline": [JACKLINE, *rest],
    }
    if sys.version_info < (3, 11):
        sys.exit("jackline needs Python 3.11 or newer; this is " + sys.version.split()[0])
    if verb not in commands:
        sys.exit(__doc__)
    set_up()
    if verb in ("test", "lint", "docs", "lock", "release"):
        os.chdir(ROOT)  # not for jackline's own commands: their file arguments are the user's
    os.execve(commands[verb][0], commands[verb], ENV)  # becomes it: signals and exit code need no forwarding


if __name__ == "__main__":
    main(*sys.argv[1:])
