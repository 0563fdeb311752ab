"""A process that writes without end and says which rows were acknowledged; it is there to be killed."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from jackline.store.boot import open_store
from jackline.store.host_disk import HostDisk
from tests.store.making import batch


async def main(path: Path) -> None:
    with open_store(HostDisk(), path) as store:
        writer = store.writer(on_broken=sys.exit, on_mended=lambda: None)
        number = store.head.seq
        while True:
            number += 8
            for seq in await asyncio.gather(*(writer.append(batch((number + n) % 5_000)) for n in range(8))):
                os.write(1, f"{seq}\n".encode())


asyncio.run(main(Path(sys.argv[1])))
