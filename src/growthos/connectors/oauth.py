"""Access tokens that are fetched: one form sent, one answer understood, for every source that grants them so."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from growthos.connectors.terms import Judgement, Verdict
from growthos.connectors.verdicts import by_status, document

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from growthos.connectors.api import Api
    from growthos.connectors.wire.auth import Fetched

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Granted:
    """The answer of a token address."""

    access_token: str
    expires_in: float = HOUR


def fetch(api: "Api", address: str, form: "Mapping[str, str]", hints: "Mapping[str, str] | None" = None) -> "Fetched":
    """Ask `address` for an access token, and keep it out of every text from then on.

    `hints` say what to do about an error, by its code, where the connector knows better than a general word.
    """
    from growthos.connectors.wire.auth import Fetched

    granted = api.token(address, form, envelope=Granted, judge=partial(judge, hints=hints))
    api.secrets.learn(granted.access_token)
    return Fetched(granted.access_token, granted.expires_in)


def judge(status: int, headers: "httpx.Headers", body: bytes, hints: "Mapping[str, str] | None" = None) -> Judgement:
    """A refused grant is a matter of the credentials, whatever its status; the rest is HTTP's."""
    said: Any = document(body)
    error = said.get("error") if isinstance(said, dict) else None
    if isinstance(error, str) and status < 500:  # noqa: PLR2004 - HTTP's own line
        words = f"{error}: {said['error_description']}" if said.get("error_description") else error
        return Judgement(Verdict.CREDENTIALS, words, hint=(hints or {}).get(error, ""))
    return by_status(status, headers)
