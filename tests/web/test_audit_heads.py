"""The web keeps the audit's head as it starts and when it is stopped in good order."""

from __future__ import annotations

from pathlib import Path
from signal import SIGTERM

import pytest

from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.audit import verify
from jackline.store.audit_heads import HEADS_FILE, read_heads
from jackline.store.host_disk import HostDisk
from jackline.store.tokens import Scope
from tests.processes import write_config
from tests.web.house import make_token, web


@pytest.mark.long  # a process; the keeping itself is tested in the short command
@pytest.mark.owns("S2")
async def test_S2_the_head_is_kept_at_the_start_and_at_an_orderly_stop(tmp_path: Path) -> None:
    config = write_config(tmp_path, "http://127.0.0.1:9")
    state = tmp_path / "state"
    make_token(state, Scope.READ)
    async with web(config) as (served, _):
        make_token(state, Scope.ADMIN)
        assert await served.stop() == -SIGTERM, "it ends as it was told to, and only then"
    lines = (state / HEADS_FILE).read_text().splitlines()
    assert [line.rsplit(" ", 1)[1] for line in lines] == ["start", "stop"]
    heads = read_heads(HostDisk(), state / HEADS_FILE)
    assert [head.seq for head in heads] == [1, 2]
    assert verify(AccessStore(HostDisk(), state / ACCESS_FILE), kept=heads) == heads[-1]
    assert any("audit_head" in line and heads[-1].hash in line for line in served.noise), "and in the log"
