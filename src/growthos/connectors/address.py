"""Where a source is asked: the official scheme and host, or those that the settings put in their place."""

from urllib.parse import urlsplit

from growthos.errors import SettingsError
from growthos.redact import glimpse

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def checked(address: str, env: str) -> str:
    """The address without a last slash; SettingsError naming `env` where it is none, or plain http to the outside."""
    parts = urlsplit(address.strip())
    try:
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
        raise SettingsError(
            f"{env} is no address: {glimpse(address)}.", hint="Write it as https://host or https://host:port."
        )
    if parts.scheme == "http" and host not in LOOPBACK:
        raise SettingsError(
            f"{env} is plain http to {host}; a token sent there could be read on the way.",
            hint="Use https; http is accepted for this machine only (127.0.0.1, localhost).",
        )
    return address.strip().rstrip("/")
