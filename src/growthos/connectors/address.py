"""Where a source is asked, and where people are told: addresses from the settings, checked before they are used."""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from growthos.errors import SettingsError
from growthos.redact import glimpse

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
LONG = 12
"""A word of an address that is no shorter may be what lets in whoever knows it."""


def checked(address: str, env: str) -> str:
    """The address without a last slash; SettingsError naming `env` where it is none, or plain http to the outside."""
    parts = _parts(address)
    if parts is None or parts.query or parts.fragment:
        said = "" if may_hold_secret(address) else f": {glimpse(address)}"
        raise SettingsError(f"{env} is no address{said}.", hint="Write it as https://host or https://host:port.")
    _private(parts, env, "a token sent there")
    return address.strip().rstrip("/")


def may_hold_secret(address: str) -> bool:
    """Whether it has what no address of a source has, and what may let somebody in: a password, or words at its end."""
    return any(sign in address for sign in "@?#")


def link(address: str, env: str) -> str:
    """The same of an address whose path lets in whoever knows it, so that no error shows it."""
    parts = _parts(address)
    if parts is None or parts.fragment or not address.isascii() or not address.isprintable() or " " in address.strip():
        raise SettingsError(f"{env} is no address.", hint="Write it as you were given it: https://host/path.")
    _private(parts, env, "what is sent there")
    return address.strip()


def hidden(address: str) -> tuple[str, ...]:
    """What of such an address nobody may see: all that follows its host, and each long word of that."""
    after = re.sub(r"^[a-z]+://[^/?#]*", "", address.strip(), flags=re.IGNORECASE)
    return (after, *(word for word in re.split(r"[/?&=#]", after) if len(word) >= LONG))


def led_to(headers: Mapping[str, str]) -> str:
    """The host to which an answer sends us on; empty where it names none, or what nobody can make out."""
    try:
        return urlsplit(headers.get("location", "")).hostname or ""
    except ValueError:
        return ""


def _parts(address: str) -> SplitResult | None:
    """An address in its parts, None where it is none or has a name or password before its host."""
    try:
        parts = urlsplit(address.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts if host and parts.scheme in {"http", "https"} and not parts.username else None


def _private(parts: SplitResult, env: str, what: str) -> None:
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsError(
            f"{env} is plain http to {parts.hostname}; {what} could be read on the way.",
            hint="Use https; http is accepted for this machine only (127.0.0.1, localhost).",
        )
