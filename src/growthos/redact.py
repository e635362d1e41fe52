"""Secrets, cut out of any text by their value: every exit of the program asks here, and nothing else knows how.

A secret is learnt as soon as it is read or granted. What is too short to be one is left in: cutting it out would only
tear words apart.
"""

from collections.abc import Iterator
from threading import Lock
from typing import Any, Final

SHORTEST: Final = 6
LONG: Final = 24
"""From this length on the beginning of a secret gives it away, so that one that was cut short is cut out as well."""
HEAD: Final = 12
CUT: Final = "[redacted]"


class Redactor:
    """Knows secrets. What it learns, the one above it learns too."""

    def __init__(self, above: "Redactor | None" = None) -> None:
        self._above = above
        self._secrets: frozenset[str] = frozenset()
        self._forms: tuple[str, ...] = ()
        self._in_json: set[bytes] = set()
        self._heads: tuple[str, ...] = ()
        self._lock = Lock()

    def learn(self, secret: str) -> None:
        """From now on `secret` is cut out, however it is dressed."""
        if self._above:
            self._above.learn(secret)
        if len(secret) < SHORTEST or secret in self._secrets:
            return
        with self._lock:
            self._secrets |= {secret}
            self._forms = tuple(sorted({*self._forms, *dresses(secret)}, key=len, reverse=True))
            self._in_json = {form.encode() for one in self._secrets for form in _in_json(one)}
            self._heads = tuple({one[:HEAD] for one in self._secrets if len(one) >= LONG})

    def forget(self) -> None:
        """Know nothing: another command begins."""
        with self._lock:
            self._secrets, self._forms, self._in_json, self._heads = frozenset(), (), set(), ()

    @property
    def known(self) -> bool:
        """Whether there is any."""
        return bool(self._secrets)

    def text(self, text: str) -> str:
        """The text without any secret, and without the beginning of one."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, CUT)
        for head in self._heads:
            if head in text:
                text = _without_run(text, head)
        return text

    def tree(self, value: Any) -> Any:
        """The same for every text in a structure of mappings and lists."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.tree(key): self.tree(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.tree(item) for item in value]
        return value

    def repeated_in(self, body: bytes) -> bool:
        """Whether a secret stands in the bytes as JSON writes it: a quick look, for there is much to look through."""
        return any(form in body for form in self._in_json)

    def body(self, body: bytes) -> tuple[bytes, int]:
        """The bytes without any secret, and how many were cut out."""
        cuts = 0
        for form in self._forms:
            needle = form.encode()
            if needle in body:
                cuts += body.count(needle)
                body = body.replace(needle, CUT.encode())
        return body, cuts


SECRETS: Final = Redactor()
"""All secrets of this process."""


def glimpse(given: object) -> str:
    """What was given, in quotes, for a message about settings; of what could be a token in the wrong place a bit."""
    text = str(given)
    return repr(text) if len(text) < LONG else f"{text[:HEAD] + '…'!r} ({len(text)} characters)"


def dresses(secret: str) -> set[str]:
    """The secret plain, URL-encoded, escaped for JSON, Python and HTML, in hex, and in base64 wherever it stands."""
    import html
    import re
    from urllib.parse import quote, quote_plus

    raw = secret.encode()
    found = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    found |= {re.sub("%[0-9A-F]{2}", lambda one: one[0].lower(), text) for text in found}
    found |= {*_in_json(secret), repr(secret)[1:-1], html.escape(secret)}
    found |= {raw.hex(), raw.hex().upper(), *_packed(raw)}
    return {one for one in found if len(one) >= SHORTEST}


def _in_json(secret: str) -> set[str]:
    """As it stands in a JSON text; some escape a slash, most do not."""
    import json

    escaped = json.dumps(secret)[1:-1]
    return {secret, escaped, escaped.replace("/", r"\/")}


def _packed(raw: bytes) -> Iterator[str]:
    """Base64 of both alphabets: whole, and as it reads inside something longer, at each of the three places."""
    from base64 import b64encode, urlsafe_b64encode

    for pack in (b64encode, urlsafe_b64encode):
        whole = pack(raw).decode()
        yield from (whole, whole.rstrip("="))
        for before in range(3):
            text = pack(bytes(before) + raw).decode().rstrip("=")
            shared = (before + len(raw)) % 3 != 0  # the last character holds bits of what follows
            yield text[(0, 2, 3)[before] : len(text) - shared]


def _without_run(text: str, head: str) -> str:
    """The text without `head` and what it is the beginning of."""
    import re

    return re.sub(re.escape(head) + r"[\w.~+/%=-]*…?", lambda _: CUT, text)
