"""Whoever lacks an extra is told what to install, by every command that needs it, with exit code 2."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib

import pytest

from jackline.cli.errors import ExitCode, explain
from jackline.cli.extras import EXTRAS, missing
from jackline.models import boosters
from jackline.models.refusal import BundleRefused
from tests.house.source import ROOT

DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
HIDDEN = sorted(set().union(*EXTRAS.values()))
ASKING = {
    "web": ["web", "--config", "jackline.toml", "--port", "0"],
    "alerts": ["alerts", "run", "--config", "jackline.toml"],
    "simulation": ["simulate", "--seeds", "1"],
    "parquet": ["exchange", "serve", "--data", "BTCUSDT-5m.parquet"],
    "research": ["backtest", "jackline.toml", "--data", "BTCUSDT-5m.csv"],
    "models": ["train", "jackline.toml", "--data", "BTCUSDT-5m.csv", "--out", "bundle"],
}
"""A command for each extra that has one of its own; together in one process that has none of them."""
PLAYED = """
import contextlib, io, json, sys
sys.modules.update(dict.fromkeys(json.loads(sys.argv[1])))
asking, told = json.loads(sys.argv[2]), {}
from jackline.cli.main import main
for extra, arguments in asking.items():
    sys.argv, sys.stderr, code = ["jackline", *arguments], io.StringIO(), 0
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            main()
    except SystemExit as ended:
        code = ended.code
    told[extra] = [code, sys.stderr.getvalue()]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    place = tmp_path_factory.mktemp("bare")
    example = (ROOT / "jackline.example.toml").read_text()
    (place / "jackline.toml").write_text(example.replace("# urls_file", "urls_file"))
    urls = place / "alerts.urls"
    urls.write_text("mail = json://127.0.0.1:9/alert\n")
    urls.chmod(0o600)
    (place / "BTCUSDT-5m.csv").write_text("timestamp,open,high,low,close,volume\n")
    (place / "BTCUSDT-5m.parquet").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-c", PLAYED, json.dumps(HIDDEN), json.dumps(ASKING)],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, tuple[int, str]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("extra", ASKING)
def test_a_command_without_its_extra_names_it(extra: str, told: dict[str, tuple[int, str]]) -> None:
    code, text = told[extra]
    assert code == ExitCode.BAD_INPUT, text
    assert f"pip install 'jackline[{extra}]'" in " ".join(text.split()), text
    assert "Traceback" not in text


def test_lightgbm_is_named_where_it_alone_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(BundleRefused) as refused:
        boosters.library()
    text, code = explain(refused.value)
    assert "pip install 'jackline[lightgbm]'" in text
    assert code is ExitCode.BAD_INPUT


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_import_that_nobody_foresaw_names_its_extra_too(extra: str) -> None:
    for module in EXTRAS[extra]:
        text, code = explain(ModuleNotFoundError(f"No module named '{module}.inner'", name=f"{module}.inner"))
        assert f"pip install 'jackline[{extra}]'" in text
        assert code is ExitCode.BAD_INPUT


def test_a_module_of_our_own_that_is_missing_is_a_bug() -> None:
    assert missing(ModuleNotFoundError(name="jackline.nothing")) is None
    assert missing(ImportError("cannot import name")) is None


def test_every_extra_is_known_with_what_it_brings() -> None:
    assert set(EXTRAS) == set(DECLARED)
    names = {
        "scikit-learn": "sklearn",
        "mkdocs-material": "material",
        "prometheus-client": "prometheus_client",
    }
    for extra, requirements in DECLARED.items():
        for requirement in requirements:
            name = re.split(r"[\[<>=!~ ]", requirement)[0]
            if name != "jackline":
                assert names.get(name, name) in EXTRAS[extra], f"{name} of {extra}"
