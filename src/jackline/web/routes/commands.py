"""`/api/commands`: what became of a command that had no answer within its request."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from jackline.web.access import Reader
from jackline.web.asking import Asked
from jackline.web.parts import TheDesk

router = APIRouter(prefix="/api/commands", tags=["commands"])


class CommandState(BaseModel):
    """A command: `pending` while nobody has answered. `by` is who did: `engine` or `watchdog`."""

    command_id: str
    status: Literal["pending", "done"]
    answer: str | None = None
    by: str | None = None
    link: str


@router.get("/{command_id}")
async def command(
    command_id: Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9-]+$")], _: Reader, desk: TheDesk
) -> CommandState:
    """What became of it. One that was refused answers with the problem `refused`."""
    return state(await desk.answered(command_id))


def state(asked: Asked) -> CommandState:
    """As it is answered."""
    return CommandState(
        command_id=asked.command_id,
        status="pending" if asked.answer is None else "done",
        answer=asked.answer,
        by=asked.by,
        link=asked.link,
    )


def accepted(asked: Asked, response: Response) -> CommandState:
    """202 while nobody has answered."""
    if asked.answer is None:
        response.status_code = 202
        response.headers["location"] = asked.link
    return state(asked)
