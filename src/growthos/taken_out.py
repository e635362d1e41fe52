"""Who was taken out of a home, so that it is seen if a shop tells of them again."""

import secrets
from collections.abc import Collection, Iterable
from hashlib import sha256
from pathlib import Path

from growthos import raw_pages
from growthos.connectors import shopify_people as people
from growthos.connectors.shopify_people import Person


def marks(person: Person) -> tuple[str, ...]:
    """What is kept of a person: the number of the customer, and of each e-mail a salted hash."""
    salt = secrets.token_hex(8)
    hashes = (f"email:{salt}:{_salted(salt, email)}" for email in person.emails)
    return (*((f"customer:{person.customer}",) if person.customer else ()), *hashes)


def told_again(marked: Collection[str], paths: Iterable[Path]) -> int:
    """How many of the people that were taken out some files of the shop tell of."""
    numbers = {mark.partition(":")[2] for mark in marked if mark.startswith("customer:")}
    hashes = [mark.split(":")[1:] for mark in marked if mark.startswith("email:")]
    again = set()
    for path in paths if marked else ():
        for body in raw_pages.bodies(path):
            for number, email in people.told(body):
                if number in numbers or (email and any(_salted(salt, email) == told for salt, told in hashes)):
                    again.add(number or email)
    return len(again)


def _salted(salt: str, email: str) -> str:
    return sha256(f"{salt}{email}".encode()).hexdigest()
