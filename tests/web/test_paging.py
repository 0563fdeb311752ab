"""Who turns the pages of a listing while it grows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jackline.web.paging import ALL, LIMIT_MAX, newest_first


@given(
    st.integers(min_value=0, max_value=1_200),
    st.integers(min_value=1, max_value=LIMIT_MAX),
    st.lists(st.integers(min_value=0, max_value=5), max_size=20),
)
def test_every_row_comes_once_and_newest_first_however_many_are_added_meanwhile(
    count: int, limit: int, added: list[int]
) -> None:
    rows, pages, before = list(range(count)), 0, ALL
    seen: list[int] = []
    while True:
        page, more = newest_first(rows, before=before, limit=limit)
        assert len(page) <= limit
        seen += page
        if more is None:
            break
        before = more
        rows += range(len(rows), len(rows) + (added[pages] if pages < len(added) else 0))
        pages += 1
    assert seen == list(reversed(range(count)))
