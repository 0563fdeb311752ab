"""A process that takes the lease, says so (or who holds it), and waits to be killed or for its input to
end.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jackline.core.values import WireMs
from jackline.engine.host import HostWorld
from jackline.store.errors import StoreError
from jackline.store.host_disk import HostDisk
from jackline.store.lease import acquire

try:
    lease = acquire(
        HostDisk(), Path(sys.argv[1]), world=HostWorld(), mode="paper", wire_ms=WireMs(int(sys.argv[2]))
    )
except StoreError as error:
    sys.stdout.write(f"refused {error}\n")
else:
    sys.stdout.write(f"held {lease.fence}\n")
    sys.stdout.flush()
    sys.stdin.read()
    lease.release()
