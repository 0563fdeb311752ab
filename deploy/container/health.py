"""Whether an address answers 200: python health.py URL. Exit code 0 or 1; nothing but the standard library."""

import sys
import urllib.error
import urllib.request

DEADLINE_S = 4

try:
    # No proxy of the environment: the address is this container's own.
    opened = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opened.open(sys.argv[1], timeout=DEADLINE_S) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except (OSError, urllib.error.URLError, IndexError, ValueError) as error:
    sys.exit(f"not well: {error}")
