"""The JSON files that the Google Cloud console gives out: a service account's key, and an OAuth client."""

from pathlib import Path
from typing import Any, Final

from growthos.connectors.verdicts import document
from growthos.errors import SettingsError
from growthos.home import path_of

KEYS: Final = ("client_email", "private_key")
GET_A_KEY: Final = (
    "Download a JSON key in the Google Cloud console, under IAM & Admin, Service Accounts, Keys; or sign in as a user"
    " with `growthos login`."
)
GET_A_CLIENT: Final = (
    "In the Google Cloud console, under Clients, make an OAuth client of the type Desktop app and download its JSON."
)


def service_key(file: str) -> dict[str, str]:
    """The fields of a service account's key that are text; SettingsError where the file named for it is none."""
    named = f"GOOGLE_APPLICATION_CREDENTIALS names {file}, which"
    said = _read(Path(file), named)
    kind = _kind(said)
    if kind not in {"", "a service account's key"}:
        hint = "Give it to `growthos login --client` instead. " if "OAuth" in kind else ""
        raise SettingsError(f"{named} is {kind}, and no service account's key.", hint=hint + GET_A_KEY)
    found = {name: value for name, value in said.items() if isinstance(value, str)}
    if lacking := [name for name in KEYS if not found.get(name)]:
        raise SettingsError(
            f"{named} is no service account's key: it lacks {' and '.join(lacking)}.",
            hint=GET_A_KEY,
        )
    return found


def client(path: Path) -> tuple[str, str]:
    """Id and secret of an OAuth client for this machine; SettingsError where the file has none."""
    said = _read(path, f"{path}")
    kind = _kind(said)
    if kind == "a service account's key":
        raise SettingsError(
            f"{path} is {kind}, which needs no sign-in.",
            hint="Set GOOGLE_APPLICATION_CREDENTIALS to its path, and give its client_email access to the account.",
        )
    installed = said.get("installed")
    found = [installed.get(name) for name in ("client_id", "client_secret")] if isinstance(installed, dict) else []
    match found:
        case [str(client_id), str(secret)] if _is_word(client_id) and _is_word(secret):
            return client_id, secret
    what = f"is {kind}" if kind and "installed" not in said else "lacks client_id or client_secret"
    raise SettingsError(f"{path} {what}; it is no OAuth client of a desktop app.", hint=GET_A_CLIENT)


def _is_word(text: str) -> bool:
    """Whether it can stand in an address and in .env: Google's ids and secrets are plain words."""
    return text.isascii() and text.isprintable() and text.split() == [text]


def _read(path: Path, named: str) -> dict[str, Any]:
    try:
        said = document(path_of(path).read_bytes())
    except OSError as error:
        raise SettingsError(
            f"{named} cannot be read: {error.strerror}.", hint="Look at its name, its owner and its rights."
        ) from error
    if not isinstance(said, dict):
        raise SettingsError(f"{named} is no JSON document of Google's.", hint="Download the file again.")
    return said


def _kind(said: dict[str, Any]) -> str:
    """What a file of Google's is; empty where it does not say."""
    for name, kind in (("installed", "the OAuth client of a desktop app"), ("web", "the OAuth client of a website")):
        if name in said:
            return kind
    told = said.get("type")
    named = {"service_account": "a service account's key", "authorized_user": "a user's credentials of gcloud"}
    return named.get(told, "something else") if isinstance(told, str) else ""
