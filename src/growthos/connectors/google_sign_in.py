"""Signing in with Google in a browser: OAuth 2.0 for installed apps over the loopback address.

As Google's "OAuth 2.0 for iOS & Desktop Apps" has it, with PKCE (RFC 7636) and a state of its own (RFC 8252). Google's
library for this brings requests and oauthlib, a second HTTP that knows neither our guards nor our secrets, and a server
that one silent caller can hold up: all for two addresses and one form.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import urlencode, urlsplit

from growthos.clock import SystemClock
from growthos.connectors import oauth
from growthos.connectors.address import checked
from growthos.connectors.google_auth import TOKEN_ADDRESS
from growthos.connectors.terms import Judgement, Limit, Setting, Verdict
from growthos.connectors.verdicts import quoted
from growthos.errors import CredentialsError, PatienceError, UnavailableError
from growthos.redact import SECRETS

if TYPE_CHECKING:
    import httpx

    from growthos.connectors.wire.listener import Told

GOOGLE: Final = "google"
CONSENT_ADDRESS: Final = "https://accounts.google.com/o/oauth2/v2/auth"
PATIENCE: Final = 60.0
"""Seconds that the token address may be waited for in all, between attempts."""
AGAIN: Final = "Sign in again"
DESKTOP: Final = "In the Google Cloud console, under Clients, make one of the type Desktop app"
HINTS: Final = {
    "invalid_client": "The client's secret does not belong to its id, or the client was deleted. Copy both anew from"
    " the Google Cloud console, or give its file: `growthos login --client FILE`.",
    "invalid_grant": "The code that the browser brought was used or too old, or the clock of this machine is wrong."
    f" {AGAIN}.",
    "redirect_uri_mismatch": f"The OAuth client is not one for this machine. {DESKTOP}, and use its id and secret.",
}
"""What there is to do about Google's no to the code, by its error."""
ON_THE_PAGE: Final = f"""{AGAIN}, and open the address in a browser of this machine. If Google's page shows an error:
redirect_uri_mismatch: {DESKTOP}.
invalid_client: The client id is wrong, or the client was deleted.
access_denied: While the consent screen stands on Testing, only its test users get in."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The answer of the token address to a code."""

    access_token: str
    refresh_token: str = ""
    scope: str = ""


class _Google:
    """Google's token address, which belongs to no source."""

    name: ClassVar[str] = GOOGLE
    settings: ClassVar[tuple[Setting, ...]] = ()
    limits: ClassVar[tuple[Limit, ...]] = ()
    tries: ClassVar[int] = 3
    tries_after_server_error: ClassVar[int] = 3
    server_errors: ClassVar[Limit | None] = None
    values: Mapping[str, str] = {}
    base_url = TOKEN_ADDRESS.removesuffix("/token")

    def counted_by(self) -> str:
        return GOOGLE

    def auth(self, api: Any) -> "httpx.Auth | None":
        return None

    def judge(self, status: int, headers: "httpx.Headers", body: bytes) -> Judgement:
        """A refusal that has no advice of its own is a matter of the client."""
        said = oauth.judge(status, headers, body, HINTS)
        if said.verdict is Verdict.CREDENTIALS and not said.hint:
            return replace(said, hint=f"Look at the OAuth client in the Google Cloud console. {AGAIN}.")
        return said

    def rest(self, headers: "httpx.Headers") -> float:
        return 0.0


def sign_in(
    client_id: str,
    client_secret: str,
    scopes: Sequence[str],
    *,
    show: Callable[[str], None],
    patience: float,
    token_address: str = "",
) -> str:
    """The refresh token of whoever opens the address that `show` is given, and agrees there to all of `scopes`.

    Waits so many seconds of `patience` for the browser. `token_address` is where the code is exchanged, if not at
    Google's own. Raises CredentialsError where access is refused, lacks a scope or does not last, UnavailableError
    where no answer comes, SettingsError where that is no address.
    """
    from secrets import token_urlsafe

    from growthos.connectors.wire.listener import Listener

    exchange_at = checked(token_address or TOKEN_ADDRESS, "GOOGLE_OAUTH_TOKEN_URL")
    state, verifier = token_urlsafe(32), token_urlsafe(64)
    for one in (client_secret, verifier):
        SECRETS.learn(one)
    try:
        listener = Listener(state)
    except OSError as error:
        raise UnavailableError(
            GOOGLE,
            f"The answer of the browser cannot be waited for: no port of 127.0.0.1 is to be had ({error.strerror}).",
            hint="Something on this machine forbids it, a sandbox or a limit on open files. Sign in on another"
            " machine and copy the refresh token from its .env, or use a service account.",
        ) from error
    with listener:
        show(_consent(client_id, scopes, listener.address, state, verifier))
        told = listener.answer(SystemClock(), patience)
    if told is None:
        raise _silence(patience, listener.strangers)
    form = {
        "grant_type": "authorization_code",
        "code": _code(told),
        "code_verifier": verifier,
        "redirect_uri": listener.address,
        "client_id": client_id,
        "client_secret": client_secret,
    }
    return _kept(_exchanged(exchange_at, form), scopes)


def port(address: str) -> int:
    """The port of this machine at which the answer to a consent is waited for."""
    from urllib.parse import parse_qs

    [redirect] = parse_qs(urlsplit(address).query)["redirect_uri"]
    return urlsplit(redirect).port or 0


def _consent(client_id: str, scopes: Sequence[str], redirect: str, state: str, verifier: str) -> str:
    """The address of Google's page; of the verifier it holds the challenge alone."""
    from base64 import urlsafe_b64encode
    from hashlib import sha256

    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "client_id": client_id,
        "redirect_uri": redirect,
        "response_type": "code",
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    return f"{CONSENT_ADDRESS}?{urlencode(asked)}"


def _code(told: "Told") -> str:
    """The code, a secret from here on; CredentialsError where Google sent an error in its place."""
    if told.code:
        SECRETS.learn(told.code)
        return told.code
    if told.error == "access_denied":
        raise CredentialsError(
            GOOGLE,
            "Google gave no access: it was refused on its page (access_denied).",
            hint=f"{AGAIN} and choose Continue there. While the consent screen stands on Testing, only its test users"
            " may: add yours in the Google Cloud console, or publish the screen.",
        )
    raise CredentialsError(
        GOOGLE,
        f"Google gave no access: {quoted(told.error)}.",
        hint=f"Look at the OAuth client and its consent screen in the Google Cloud console. {AGAIN}.",
    )


def _silence(patience: float, strangers: int) -> UnavailableError:
    if strangers:
        return UnavailableError(
            GOOGLE,
            f"No answer to this sign-in came within {patience:.0f} seconds. What came was the answer to another one:"
            " its state differs, and it was not taken.",
            hint=f"{AGAIN} and open the address that is shown then, not a page from before.",
        )
    return UnavailableError(
        GOOGLE, f"No answer came back from the browser within {patience:.0f} seconds.", hint=ON_THE_PAGE
    )


def _exchanged(address: str, form: Mapping[str, str]) -> Signed:
    from growthos.connectors.api import Api

    source = _Google()
    with Api(source, clock=SystemClock(), patience=PATIENCE) as api:
        try:
            signed = api.token(address, form, envelope=Signed, judge=source.judge)
        except (UnavailableError, PatienceError) as error:
            error.hint = f"Nothing was kept. If this machine reaches other sites, it is theirs to mend. {AGAIN} later."
            raise
    for one in (signed.access_token, signed.refresh_token):
        SECRETS.learn(one)
    return signed


def _kept(signed: Signed, scopes: Sequence[str]) -> str:
    """The refresh token, if it opens all that was asked for; without a word about scopes it does (RFC 6749, 5.1)."""
    lacking = sorted(set(scopes) - set(signed.scope.split())) if signed.scope else []
    if lacking:
        raise CredentialsError(
            GOOGLE,
            f"Google's access does not cover all that was asked for; it lacks {', '.join(lacking)}.",
            hint=f"Nothing was kept. {AGAIN} and leave every box on Google's page ticked.",
        )
    if not signed.refresh_token:
        raise CredentialsError(
            GOOGLE,
            "Google gave an access that ends within the hour, and no refresh token to renew it.",
            hint=f"Take growthos's access away at https://myaccount.google.com/connections. {AGAIN}.",
        )
    return signed.refresh_token
