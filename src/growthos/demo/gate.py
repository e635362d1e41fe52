"""What all faces share: access tokens that end, and answers as HTTP has them.

A token carries its own end and a seal, so a face remembers none and every process accepts those of the others.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

SEAL = 32
EXPIRY = 8


def grant(prefix: str, until: datetime) -> str:
    """An access token that is good until then."""
    end = f"{int(until.timestamp()):0{EXPIRY}x}"
    return prefix + end + _seal(prefix, end)


def accepted(prefix: str, token: str, now: datetime) -> bool:
    """Whether a token is one of ours and still good."""
    end, seal = token[len(prefix) : -SEAL], token[-SEAL:]
    if not token.startswith(prefix) or seal != _seal(prefix, end):
        return False
    return int(now.timestamp()) < int(end, 16)


def bearer(request: "httpx.Request") -> str:
    """The token of an Authorization header, empty where there is none."""
    return str(request.headers.get("authorization", "")).removeprefix("Bearer ")


def respond(
    status: int,
    payload: Any,
    headers: Mapping[str, str] | None = None,
) -> "httpx.Response":
    """An answer with `payload` as JSON."""
    import httpx
    from pydantic_core import to_json

    return httpx.Response(
        status,
        content=to_json(payload),
        headers={"content-type": "application/json; charset=utf-8", **(headers or {})},
    )


def _seal(prefix: str, end: str) -> str:
    return sha256(f"demo:{prefix}:{end}".encode()).hexdigest()[:SEAL]
