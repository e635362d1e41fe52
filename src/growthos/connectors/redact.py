"""Secrets, cut out of any text by their value."""

import base64
import json
from urllib.parse import quote, quote_plus

SHORTEST = 6
CUT = "[redacted]"


class Redactor:
    """Knows the secrets of one source, those of the settings and those fetched later."""

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def learn(self, secret: str) -> None:
        """From now on `secret` is cut out, plain, URL-encoded, JSON-escaped and in base64."""
        if len(secret) < SHORTEST:
            return
        packed = base64.b64encode(secret.encode()).decode()
        self._forms |= {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], packed}

    def text(self, text: str) -> str:
        """The text without any secret."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, CUT)
        return text

    def body(self, body: bytes) -> tuple[bytes, int]:
        """The bytes without any secret, and how many were cut out."""
        cuts = 0
        for form in sorted(self._forms, key=len, reverse=True):
            if count := body.count(form.encode()):
                body, cuts = body.replace(form.encode(), CUT.encode()), cuts + count
        return body, cuts
