"""A user's strategy: loaded by its path, under a name that tells its content, and refused with the line and the fix."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.cli.problems import ConfigError, Problem
from jackline.cli.strategy_file import NotLoaded, StrategyFileRefused, load_strategy
from jackline.core.ports import WARMUP_BARS_MAX, Signal
from jackline.core.values import Side
from jackline.strategies.from_file import FromFile
from tests.processes import write_config
from tests.strategies.making import bars_of

HEAD = """
from dataclasses import dataclass
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.strategies.parameters import check_parameters, parameter
"""
GOOD = f"""{HEAD}
@dataclass(frozen=True)
class Eager:
    period: int = 3
    share: float = parameter(0.5, above=0, high=1)
    name = "eager"

    def __post_init__(self):
        check_parameters(self)

    @property
    def warmup_bars(self):
        return self.period

    def signal(self, bars):
        return Signal(side=Side.LONG, reason=f"{{len(bars)}} bars")
"""


def written(directory: Path, text: str) -> Path:
    path = directory / "mine.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_it_is_built_with_its_parameters_under_the_hash_of_its_content(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    strategy = load_strategy(path, {"period": 7, "share": Decimal("0.25")})
    name = f"eager@{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    assert (strategy.name, strategy.warmup_bars) == (name, 7)
    assert strategy.signal(bars_of([1, 2])) == Signal(side=Side.LONG, reason=f"{name}: 2 bars")
    changed = load_strategy(written(tmp_path, GOOD + "\n# changed\n"), {})
    assert changed.name != name
    assert changed.name.startswith("eager@")
    assert list(tmp_path.iterdir()) == [path], "nothing is cached beside it"


def test_what_is_no_signal_is_left_for_the_engine_to_refuse(tmp_path: Path) -> None:
    text = GOOD.replace("return Signal(side=Side.LONG, reason=", "return dict(reason=")
    answer: object = load_strategy(written(tmp_path, text), {}).signal([])
    assert answer == {"reason": "0 bars"}


def test_annotations_may_be_texts(tmp_path: Path) -> None:
    text = "from __future__ import annotations\n" + GOOD
    assert load_strategy(written(tmp_path, text), {"share": 1}).warmup_bars == 3


TWO = GOOD + "\n@dataclass(frozen=True)\nclass Other(Eager):\n    pass\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, r"cannot be read: No such file.*jackline strategy new"),
        ("x = (1,\ny = 2\n", r"line \d: .*Fix: correct the line named"),
        ("import helpers_of_mine\n", r"line 1: ModuleNotFoundError: .*helpers_of_mine.*Fix: one file"),
        ("x = 1\ny = x / 0\n", r"line 2: ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit()\n", r"line 2: SystemExit"),
        ("x = '\0'\n", r"null bytes"),
        ("x = 1\n" * 200_000, r"longer than 1000000 bytes"),
        (HEAD, r"defines no class with a method signal\(self, bars\).*jackline strategy new"),
        (TWO, r"defines 2 strategies: Eager, Other.*one file, one strategy"),
        (GOOD.replace("@dataclass(frozen=True)", "@dataclass"), r"Eager is not a frozen dataclass"),
        (GOOD.replace("@dataclass(frozen=True)", ""), r"Eager is not a frozen dataclass"),
        (GOOD.replace("def warmup_bars", "def warmup"), r"Eager has no warmup_bars"),
        (GOOD.replace('    name = "eager"\n', ""), r"Eager has no name"),
        (GOOD.replace('name = "eager"', 'name = "My Eager"'), r"Eager\.name is 'My Eager'"),
        (GOOD.replace('name = "eager"', 'name: str = "eager"'), r"Eager\.name is declared as .*str"),
        (GOOD.replace("period: int = 3", "period: int"), r"Eager\.period has no default"),
        (GOOD.replace("self, bars", "self"), r"signal is not called with the bars alone.*Fix: def signal"),
        (GOOD.replace("self, bars", "self, bars, marks"), r"signal is not called with the bars alone"),
        (GOOD.replace("def signal", "async def signal"), r"signal is not called with the bars alone"),
        (GOOD.replace("return Signal", "yield Signal"), r"signal is not called with the bars alone"),
        (
            GOOD.replace("period: int = 3", "period: int = 601"),
            r"warmup_bars is 601, and an engine keeps 600",
        ),
        (GOOD.replace("period: int = 3", "period: int = 0"), r"warmup_bars is 0.*allowed: 1 … 600"),
        (GOOD.replace("return self.period", "return None"), r"warmup_bars is None"),
        (GOOD.replace("return self.period", "return 1 / 0"), r"Eager\.warmup_bars raises line 18: ZeroDiv"),
        (GOOD.replace("check_parameters(self)", "raise OSError(5)"), r"Eager\(\) raises line 14: OSError: 5"),
        (GOOD.replace("above=0, high=1", "above=0"), r"ValueError: a parameter needs one of low and above"),
    ],
)
def test_a_file_that_gives_no_strategy_is_refused_with_the_place_and_the_fix(
    tmp_path: Path, text: str | None, said: str
) -> None:
    assert WARMUP_BARS_MAX == 600
    path = tmp_path / "mine.py" if text is None else written(tmp_path, text)
    with pytest.raises(StrategyFileRefused, match=said):
        load_strategy(path, {})


# -- from the configuration ----------------------------------------------------------------------------------


def only_file(directory: Path, parameters: str = "", **changes: str) -> Path:
    """A configuration whose strategy is a file; `parameters` are lines under it."""
    path = write_config(directory, "http://127.0.0.1:1", **changes)
    text = path.read_text().replace('name = "rsi_trend"', 'file = "mine.py"')
    path.write_text(f"{text}[strategy.parameters]\n{parameters}\n")
    return path


def problems(path: Path) -> dict[str, Problem]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, environment={}, load_strategy_file=True)
    return {problem.key: problem for problem in caught.value.problems}


def test_the_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    path = only_file(tmp_path, "period = 150\nshare = 0.25")
    options = load_config(path, environment={}, load_strategy_file=True).engine_options()
    assert isinstance(options.strategy, FromFile)
    assert (options.strategy.warmup_bars, options.history_bars) == (150, 250)


def test_no_process_but_the_engine_runs_a_users_code(tmp_path: Path) -> None:
    """A watchdog, a kill, a close: all of them work beside a strategy that is broken."""
    written(tmp_path, "raise SystemExit('it was run')")
    strategy = load_config(only_file(tmp_path), environment={}).strategy
    assert isinstance(strategy, NotLoaded)
    assert strategy.name == "mine"
    assert strategy.signal(bars_of([1])) is None


def test_a_bad_file_is_told_beside_everything_else_that_is_wrong(tmp_path: Path) -> None:
    found = problems(only_file(tmp_path, risk__leverge="4"))
    assert set(found) == {"risk.leverge", "strategy.file"}
    assert "cannot be read" in found["strategy.file"].what
    assert str(found["strategy.file"].value).endswith("mine.py")


def test_bad_parameters_of_a_file_are_told_like_those_of_a_built_in(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    found = problems(only_file(tmp_path, 'perod = 3\nshare = 2\nperiod = "3"'))
    assert set(found) == {f"strategy.parameters.{key}" for key in ("perod", "share", "period")}
    assert "did you mean strategy.parameters.period?" in found["strategy.parameters.perod"].fix
    assert found["strategy.parameters.share"].fix == "allowed: above 0 … 1"
    assert found["strategy.parameters.period"].fix == "allowed: a whole number"


def test_a_name_and_a_file_exclude_each_other_and_one_is_needed(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    both = write_config(tmp_path, "http://127.0.0.1:1", strategy__file='"mine.py"')
    assert "keep one of the two" in problems(both)["strategy.name"].fix
    neither = only_file(tmp_path)
    neither.write_text(neither.read_text().replace('file = "mine.py"', ""))
    assert (
        "ema_cross, manual, model, rsi_trend, supertrend, webhook; or file"
        in problems(neither)["strategy.name"].fix
    )
