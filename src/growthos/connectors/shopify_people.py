"""What Shopify tells of a person: where it stands in its answers, and how it is taken out of them.

A record is a person's if it bears the customer's id or one of the e-mails. In it, the fields that the queries mark as
personal are emptied. An e-mail gives way to a made-up one, the same wherever it stood, so that who bought twice is
still seen; anywhere else in an answer it is replaced as text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, quote_plus

from growthos.connectors.shopify_queries import OPERATIONS
from growthos.jsonplaces import Place, parse

SOURCE: Final = "shopify"
NOWHERE: Final = "@redacted.invalid"
EMAIL: Final = ("email", "defaultEmailAddress")
FIELDS: Final = tuple(dict.fromkeys(re.findall(r"\n *(\w+)[^\n]*# personal", "".join(OPERATIONS.values()))))
"""The fields that are of a person, as the queries mark them."""
_BEFORE: Final = rb"(?:(?<![a-z0-9._+\-])|(?<=%[0-9a-f]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4}))"
_BEHIND: Final = rb"(?![a-z0-9\-]|\.[a-z0-9])"
"""Where an e-mail begins and ends, so that it is not the end of a longer one; before it, an escape is no letter."""


@dataclass
class Person:
    """Who is meant: `customer` is the number of a record, `emails` in lower case, each with what takes its place."""

    customer: str | None
    emails: dict[str, str] = field(default_factory=dict)

    def forms(self) -> "re.Pattern[bytes] | None":
        """Any of the e-mails as an answer, an address or a log may have it; None where none is known."""
        found = sorted({one for email in self.emails for one in written(email)}, key=len, reverse=True)
        any_of = b"|".join(re.escape(one) for one in found)
        return re.compile(_BEFORE + b"(?:" + any_of + b")" + _BEHIND, re.IGNORECASE) if found else None

    def concerns(self, body: bytes) -> bool:
        """Whether an answer may tell of the person at all: a quick look."""
        if self.customer is not None and self.customer.encode() in body:
            return True
        forms = self.forms()
        return forms is not None and forms.search(body) is not None


def written(email: str) -> set[bytes]:
    """The ways in which an e-mail may be written in an answer or an address."""
    escaped = json.dumps(email)[1:-1]
    forms = {email, escaped, escaped.replace("@", "\\u0040"), escaped.replace("/", "\\/")}
    return {one.encode() for one in forms | {quote(email), quote(email, safe=""), quote_plus(email)}}


def customer_number(given: str) -> str:
    """The number of a customer from what a person types: 123, shopify:123 or the shop's own long form."""
    return given.strip().rpartition("/")[2].rpartition(":")[2]


def emails(body: bytes, person: Person) -> set[str]:
    """The e-mails in the records of a person, in lower case; made-up ones are none."""
    return {email for record in _records(body, person) if (email := email_of(record)) and not email.endswith(NOWHERE)}


def holding(body: bytes, person: Person) -> set[str]:
    """The ids of a person's records in an answer that still tell something of them."""
    ids = ((record, record.get("id")) for record in _records(body, person))
    return {place.text for record, place in ids if place and place.text and any(_emptied(record, person.emails))}


def told(body: bytes) -> Iterator[tuple[str | None, str | None]]:
    """Of each record that holds anything personal, the number of the customer and the e-mail in lower case."""
    tree = _tree(body)
    for record in tree.objects() if tree else ():
        email = email_of(record)
        made_up = email is not None and email.endswith(NOWHERE)
        if not made_up and any(_is_told(record.get(name)) for name in FIELDS):
            yield _customer(record), email


def take_out(body: bytes, person: Person) -> tuple[bytes, int]:
    """The answer without what it tells of a person, and how many records and other places that were."""
    if not person.concerns(body):
        return body, 0
    text, edits = body.decode("utf-8", "surrogateescape"), list[tuple[int, int, str]]()
    for record in _records(body, person):
        edits += _emptied(record, person.emails)
    for start, end, instead in sorted(edits, reverse=True):
        text = text[:start] + instead + text[end:]
    found, count = text.encode("utf-8", "surrogateescape"), len(edits)
    if forms := person.forms():
        instead_of = {form.lower(): made.encode() for email, made in person.emails.items() for form in written(email)}
        found, more = forms.subn(lambda one: instead_of[one[0].lower()], found)
        count += more
    return found, count


def _records(body: bytes, person: Person) -> Iterator[Place]:
    """The records of a person in an answer; none in one that is no JSON."""
    if not person.concerns(body):
        return
    tree = _tree(body)
    for record in tree.objects() if tree else ():
        if any(name in FIELDS for name in record.value) and (
            (person.customer is not None and _customer(record) == person.customer) or email_of(record) in person.emails
        ):
            yield record


def _tree(body: bytes) -> Place | None:
    try:
        return parse(body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return None


def _customer(record: Place) -> str | None:
    """The number of the customer whose record it is, or whose order."""
    place = record.get("customer", "id") if record.get("customer") else record.get("id")
    gid = place.text if place else None
    return customer_number(gid) if gid and "/Customer/" in gid else None


def email_of(record: Place) -> str | None:
    """The e-mail in a record, in lower case."""
    place = record.get("email") or record.get("defaultEmailAddress", "emailAddress")
    text = place.text if place else None
    return text.strip().lower() if text else None


def _is_told(place: Place | None) -> bool:
    return place is not None and place.value != "null"


def _emptied(record: Place, instead: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """What to write where, so that a record tells of nobody."""
    for name in FIELDS:
        place = record.get(name)
        if place is None or not _is_told(place):
            continue
        if name not in EMAIL:
            yield place.start, place.end, "null"
            continue
        inner = place.get("emailAddress") or place
        email = (inner.text or "").strip().lower()
        if not email.endswith(NOWHERE) and inner.text is not None:
            yield inner.start, inner.end, json.dumps(instead.get(email, NOWHERE))
