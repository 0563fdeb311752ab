"""Pages drawn from code are the code's own."""

import importlib.util

from tests.house.source import ROOT


def test_the_page_of_states_is_current() -> None:
    spec = importlib.util.spec_from_file_location("draw_states", ROOT / "tools" / "draw_states.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs" / "trade-states.md").read_text(encoding="utf-8")
    assert page == module.drawing(), "run: python tools/draw_states.py"
