"""What every section of the configuration file has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the file. Unknown keys are errors (C1)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
