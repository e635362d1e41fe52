"""Who was taken out of a home, so that it is seen if a shop tells of them again."""

import secrets
from collections.abc import Collection, Iterable
from hashlib import sha256
from pathlib import Path

from growthos import raw_pages
from growthos.connectors import shopify_people as people
from growthos.connectors.shopify_people import NOWHERE, Person


def marks(person: Person) -> tuple[str, ...]:
    """What is kept of a person: the number of the customer, and of each e-mail a hash with its salt.

    One more tells this redaction from others, so that what was made before it is known to be.
    """
    salts = ((made_up.removesuffix(NOWHERE), email) for email, made_up in person.emails.items())
    hashes = (f"email:{salt}:{_salted(salt, email)}" for salt, email in salts)
    return (*((f"customer:{person.customer}",) if person.customer else ()), *hashes, f"time:{secrets.token_hex(8)}")


def salt(marked: Collection[str], email: str) -> str:
    """The salt of an e-mail, and its name in the made-up one: as in an earlier redaction, for it is one person."""
    for salt, told in _hashes(marked):
        if _salted(salt, email) == told:
            return salt
    return secrets.token_hex(8)


def told_again(marked: Collection[str], paths: Iterable[Path]) -> int:
    """How many of the people that were taken out some files of the shop tell of."""
    numbers = {mark.partition(":")[2] for mark in marked if mark.startswith("customer:")}
    hashes = _hashes(marked)
    again = set()
    for path in paths if marked else ():
        for body in raw_pages.bodies(path):
            for number, email in people.told(body):
                if number in numbers or (email and any(_salted(salt, email) == told for salt, told in hashes)):
                    again.add(number or email)
    return len(again)


def _hashes(marked: Collection[str]) -> list[list[str]]:
    return [mark.split(":")[1:] for mark in marked if mark.startswith("email:")]


def _salted(salt: str, email: str) -> str:
    return sha256(f"{salt}{email}".encode()).hexdigest()
