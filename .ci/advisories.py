"""What pip-audit found, and whether that ends the build: an advisory does, a service that does not answer does not."""

import json
import sys
from typing import Any


def main(text: str) -> int:
    """Say it; 1 where one of the packages has a known weakness."""
    try:
        found: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        found = []
    known = [one for one in found if "skip_reason" not in one]
    for one in known:
        for weakness in one["vulns"]:
            mended = ", ".join(weakness["fix_versions"]) or "none yet"
            sys.stdout.write(f"{one['name']} {one['version']}: {weakness['id']}, mended in {mended}\n")
    if any(one["vulns"] for one in known):
        return 1
    if not known:
        sys.stdout.write("NOT AUDITED: the service that knows of advisories does not answer here.\n")
    else:
        sys.stdout.write(f"{len(known)} of {len(found)} packages audited, no advisory.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin.read()))
