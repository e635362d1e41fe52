"""Google's token address, which Google Ads and GA4 share."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from growthos.demo import gate

if TYPE_CHECKING:
    import httpx

HOST = "oauth2.googleapis.com"
PATH = "/token"
SETTINGS = {
    "client_id": "482910337465-demo.apps.googleusercontent.com",
    "client_secret": "GOCSPX-demo",
    "refresh_token": "1//demo",
}
PREFIX = "ya29.demo"
SECONDS = 3599


def token(request: "httpx.Request", now: Callable[[], datetime]) -> "httpx.Response":
    """An access token for an hour, or Google's word for a refresh token that is none."""
    form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    if form.pop("grant_type", None) != "refresh_token":
        return gate.respond(400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type"})
    if form != SETTINGS:
        return gate.respond(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
    granted = gate.grant(PREFIX, now() + timedelta(seconds=SECONDS))
    return gate.respond(200, {"access_token": granted, "expires_in": SECONDS, "token_type": "Bearer"})


def known(request: "httpx.Request", now: Callable[[], datetime]) -> bool:
    """Whether a request carries a token that is still good."""
    return gate.accepted(PREFIX, gate.bearer(request), now())


def refusal() -> "httpx.Response":
    """What Google says to a caller it does not know."""
    return error(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token.",
    )


def error(code: int, status: str, message: str) -> "httpx.Response":
    """An error as all Google APIs write it."""
    return gate.respond(code, {"error": {"code": code, "message": message, "status": status}})
