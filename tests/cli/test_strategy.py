"""`jackline strategy`: the list says what the code says, and the template works as it is written."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from jackline.cli.errors import CommandFailed, explain
from jackline.cli.page import WIDTH
from jackline.cli.strategy import new, show
from jackline.cli.strategy_file import load_strategy
from jackline.core.values import Side
from jackline.strategies.registry import STRATEGIES
from tests.strategies.making import bars_of, walk


def test_the_list_has_every_strategy_with_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    show()
    shown = capsys.readouterr().out
    for name, kind in STRATEGIES.items():
        assert re.search(rf"^{name}   \(\d+ bars to warm up\)$", shown, re.M)
        for field in fields(kind):
            assert f"{field.name} = {field.default}   # " in shown
    assert "rsi_long = 60.0   # 50 … below 100" in shown
    assert max(map(len, shown.splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("file", "name", "called", "kind"),
    [
        ("my_strategy.py", None, "my_strategy", "MyStrategy"),
        ("breakout-2.py", None, "breakout-2", "Breakout2Strategy"),
        ("my_strategy.py", "signal", "signal", "SignalStrategy"),
    ],
)
def test_the_template_works_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, name: str | None, called: str, kind: str
) -> None:
    path = tmp_path / file
    new(path, name)
    assert f'file = "{file}"' in capsys.readouterr().out
    text = path.read_text(encoding="utf-8")
    assert f"class {kind}:" in text
    assert f'file = "{file}"' in text
    strategy = load_strategy(path, {"lookback_bars": 10})
    assert re.fullmatch(rf"{called}@[0-9a-f]{{8}}", strategy.name)
    assert strategy.warmup_bars == 11
    bars = walk(300)
    wishes = [strategy.signal(bars[end - 11 : end]) for end in range(11, len(bars) + 1)]
    assert {wish.side for wish in wishes if wish is not None} == set(Side)
    assert None in wishes


def test_the_example_of_the_page_is_a_strategy(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", page, re.S)
    assert example is not None
    path = tmp_path / "three_up.py"
    path.write_text(example[1], encoding="utf-8")
    strategy = load_strategy(path, {})
    assert strategy.signal(bars_of([1, 2, 3, 3])) is None
    wish = strategy.signal(bars_of([1, 2, 3, 4]))
    assert wish is not None
    assert wish.side is Side.LONG


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("years of work")
    with pytest.raises(FileExistsError) as caught:
        new(path, None)
    assert "a file of that name is in the way" in explain(caught.value)[0]
    assert path.read_text() == "years of work"


@pytest.mark.parametrize(
    ("file", "name", "said"),
    [
        ("mine.txt", None, "ends in .py"),
        ("2nd.py", None, "'2nd' is no name"),
        ("mine.py", "Mine!", "'Mine!' is no name"),
    ],
)
def test_a_name_that_could_not_be_used_is_refused(
    tmp_path: Path, file: str, name: str | None, said: str
) -> None:
    with pytest.raises(CommandFailed, match=re.escape(said)):
        new(tmp_path / file, name)
    assert list(tmp_path.iterdir()) == []
