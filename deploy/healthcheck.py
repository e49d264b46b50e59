"""Ask a house on this machine whether it is well; 0 when it is. Standard library only, so that it starts at once.

``healthcheck.py [healthz|readyz]``: healthz (the default) says that the process answers, readyz that what it needs does too.
A sick database is no reason to restart a house, so containers ask the first and load balancers the second.
"""

from __future__ import annotations

import http.client
import os
import sys

SECONDS = 4.0


def main() -> int:
    """Return the exit code."""
    what = sys.argv[1] if len(sys.argv) > 1 else "healthz"
    port = int(os.environ.get("YINLU_PORT", "").strip() or 8080)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        line.request("GET", f"/{what}", headers={"Host": "localhost"})
        status = line.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"port {port}: {type(error).__name__}\n")
        return 1
    finally:
        line.close()
    if status != http.client.OK:
        sys.stderr.write(f"/{what}: {status}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
