"""Google's access tokens: from a refresh token, or from a service account's key, which google-auth signs with."""

from typing import TYPE_CHECKING

from growthos.connectors import google_files, oauth
from growthos.connectors.address import checked
from growthos.connectors.base import Connector
from growthos.connectors.terms import Setting, Source, Way
from growthos.errors import CredentialsError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from growthos.connectors.api import Api
    from growthos.connectors.wire.auth import Fetched

TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
KEY_FILE = "application_credentials"
SECONDS = 3600
REFRESHED = ("client_id", "client_secret", "refresh_token")
CLIENTS = "Google Cloud console: APIs and Services, Credentials."
WAYS = (
    Way("signing in in a browser, with an OAuth client of your own", REFRESHED, signs_in=True),
    Way("a service account's key file", (KEY_FILE,)),
    Way("a refresh token that you have", REFRESHED),
)
KEY_HINTS = {
    "invalid_grant": "The key was deleted, the service account is disabled, or the clock of this machine is wrong."
    f" {google_files.GET_A_KEY}",
}

SHARED = (
    Setting(
        KEY_FILE,
        "GOOGLE_APPLICATION_CREDENTIALS",
        "Path of a service account's key file, for Google Ads and GA4, in place of the three OAuth settings.",
        shared=True,
        key_file=True,
        where="Google Cloud console: IAM and Admin, Service accounts, Keys, as JSON.",
    ),
    Setting(
        "oauth_token_url",
        "GOOGLE_OAUTH_TOKEN_URL",
        "Another address for Google's access tokens, for proxies and tests.",
        shared=True,
        address=True,
    ),
)


def own(prefix: str) -> tuple[Setting, ...]:
    """The three OAuth settings of one Google source."""
    return (
        Setting("client_id", f"{prefix}_CLIENT_ID", "OAuth client of your Google Cloud project.", where=CLIENTS),
        Setting("client_secret", f"{prefix}_CLIENT_SECRET", "Its secret.", secret=True, where=CLIENTS),
        Setting(
            "refresh_token",
            f"{prefix}_REFRESH_TOKEN",
            "Refresh token of a user with access; `growthos login` gets it.",
            secret=True,
        ),
    )


def missing(source: type[Connector], values: "Mapping[str, str]", account: str) -> tuple[str, ...]:
    """What a Google source still needs: its account, and either the key file or the three OAuth settings."""
    needed = [account] if values.get(KEY_FILE) else [account, *REFRESHED]
    return tuple(one.env for one in source.settings if one.name in needed and not values.get(one.name))


def credentials(api: "Api", scope: str) -> "httpx.Auth":
    """Puts a Google access token on each request; a source's own refresh token goes before the shared key file."""
    from growthos.connectors.wire.auth import FetchedToken

    values = api.connector.values
    if all(values.get(name) for name in REFRESHED):
        return FetchedToken(lambda: _by_refresh_token(api), api.clock)
    return FetchedToken(lambda: _by_key(api, values[KEY_FILE], scope), api.clock)


def _by_refresh_token(api: "Api") -> "Fetched":
    values = api.connector.values
    form = {"grant_type": "refresh_token", **{name: values[name] for name in REFRESHED}}
    return oauth.fetch(api, values.get("oauth_token_url", TOKEN_ADDRESS), form, _hints(api.connector))


def _hints(source: "Source") -> dict[str, str]:
    """What to do about a refresh token that is refused, by Google's word for it."""
    login = f"`growthos login {source.name}`"
    named = {one.name: one.env for one in source.settings}
    return {
        "invalid_grant": f"Sign in again: {login}. Access was taken away or not used for half a year, or the consent"
        " screen of the Cloud project stands on Testing, where Google ends every sign-in after 7 days: publish it.",
        "invalid_client": f"{named['client_id']} and {named['client_secret']} do not belong together, or the client was"
        f" deleted. Copy both anew from the Google Cloud console, then sign in: {login}.",
        "unauthorized_client": f"{named['refresh_token']} was given to another OAuth client. Sign in again: {login}.",
    }


def _learn(api: "Api", key: str) -> None:
    """A private key is a secret line by line."""
    for line in (key, *key.splitlines()):
        if not line.startswith("-----") or "\n" in line:
            api.secrets.learn(line)


def _by_key(api: "Api", file: str, scope: str) -> "Fetched":
    """By the key of a service account; a file that is none stops its source alone, as a refused key does."""
    try:
        assertion, official = _signed(api, file, scope)
    except SettingsError as error:
        raise CredentialsError(api.connector.name, error.message, hint=error.hint) from error
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    return oauth.fetch(api, api.connector.values.get("oauth_token_url", official), form, KEY_HINTS)


def _signed(api: "Api", file: str, scope: str) -> tuple[str, str]:
    """What asks for a token, signed with the key of a file, and the address that the file names for it."""
    from google.auth import crypt, jwt

    key = google_files.service_key(file)
    _learn(api, key["private_key"])
    official = checked(key.get("token_uri", TOKEN_ADDRESS), "token_uri")
    now = int(api.clock.now().timestamp())
    claims = {"iss": key["client_email"], "scope": scope, "aud": official, "iat": now, "exp": now + SECONDS}
    try:
        signer = crypt.RSASigner.from_service_account_info(key)  # type: ignore[no-untyped-call]
        assertion = str(jwt.encode(signer, claims), "ascii")  # type: ignore[no-untyped-call]
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"GOOGLE_APPLICATION_CREDENTIALS names {file}, whose private_key is none of Google's.",
            hint=google_files.GET_A_KEY,
        ) from error
    api.secrets.learn(assertion)
    return assertion, official
