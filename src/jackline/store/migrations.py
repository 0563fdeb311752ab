"""How tables become those of a later version: one numbered list for files and for databases alike.

A step is written in SQLite's words; PostgreSQL translates types, as it does for tables that are made new. All steps of
a store are one transaction: a program that is killed in between leaves the old version, whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jackline.store.check import wrong_version
from jackline.store.db import Db, transaction
from jackline.store.errors import StoreDamaged
from jackline.store.schema import Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The step to a version. Where SQLite writes its definition down otherwise than `schema` does, it makes the table
    anew under another name, copies, and renames: a store's shape is compared text by text.
    """

    to_version: int
    statements: tuple[str, ...]


MIGRATIONS: Mapping[str, Sequence[Migration]] = {}
"""By the schema's name, oldest first. Empty: the tables are those of the first version. What has changed since, the
bodies of rows, is read in every version that was ever written (`older`)."""


def migrate(
    db: Db, schema: Schema, *, where: str, known: Mapping[str, Sequence[Migration]] = MIGRATIONS
) -> tuple[int, int]:
    """Bring a store's tables to the schema's version: the one before, and the one now.

    Raises StoreDamaged for a store that is not of this kind, or of a version that nothing here leads from.
    """
    with transaction(db):
        application_id, before = db.dialect.identity(db)
        if application_id != schema.application_id:
            raise StoreDamaged(
                what=f"not a jackline {schema.name} (application_id {application_id:#x})",
                where=where,
                fix="name the configuration of the account whose store this is",
            )
        version = before
        for step in known.get(schema.name, ()):
            if step.to_version == version + 1:
                for statement in step.statements:
                    db.dialect.change_tables(db, statement)
                version = step.to_version
        if version != schema.version:
            raise wrong_version(where, before, schema)
        if version != before:
            db.dialect.mark(db, application_id=application_id, version=version)
    return before, version
