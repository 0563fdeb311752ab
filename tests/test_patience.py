"""Waiting ends, and a process that stood still waits on."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.patience import patience


async def test_waiting_ends() -> None:
    with pytest.raises(TimeoutError):
        async with patience(0.3):
            await asyncio.Event().wait()


async def test_a_pause_of_the_process_is_not_waited() -> None:
    began_s = time.monotonic()
    async with patience(1.0):
        while time.monotonic() < began_s + 1.5:
            pass  # nobody else has a turn
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await asyncio.Event().wait()


async def test_what_is_raised_within_is_raised() -> None:
    with pytest.raises(LookupError):
        async with patience(5.0):
            raise LookupError
