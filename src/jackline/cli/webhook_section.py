"""The keys of `[webhook]`: who may send alerts to `jackline webhook`, and how old one may be."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from jackline.cli.section import Section
from jackline.cli.section_types import DAY_MS, Allowed, Whole

SecretFile = Annotated[Path, Allowed(text='a file, e.g. "webhook.secret"')]


class WebhookSection(Section):
    """`[webhook]`. `secret_file` is relative to the configuration file."""

    secret_file: SecretFile | None = Field(
        None, description="one line, chmod 600: the secret that alerts bring"
    )
    signal_age_ms_max: Whole | None = Field(
        None,
        ge=1_000,
        le=DAY_MS,
        description="an older outside signal opens nothing; unset, a bar's length",
    )
