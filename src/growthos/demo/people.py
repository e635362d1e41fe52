"""Who buys: customers older than the history, new ones, guests."""

from growthos.demo.dice import DAY, START, Dice, stream
from growthos.demo.records import Customer

OLD = 190
"""Customers from before the history; every tenth of them never bought."""
READERS = 36
"""Records of people who only ever read the newsletter."""

FIRST = [
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Eve",
    "Finn",
    "Gia",
    "Hugo",
    "Ines",
    "Jude",
    "Kira",
    "Liam",
    "Mona",
    "Nico",
    "Olga",
    "Pia",
    "Quinn",
    "Rosa",
    "Sam",
    "Tess",
    "Uma",
    "Vito",
]
LAST = [
    "Abbott",
    "Baker",
    "Castro",
    "Diaz",
    "Evans",
    "Fisher",
    "Grant",
    "Hayes",
    "Ito",
    "Jensen",
    "Klein",
    "Lopez",
    "Meyer",
    "Novak",
    "Ortiz",
    "Price",
    "Reyes",
]

# Country, province, sales tax in basis points, currency.
PLACES: tuple[tuple[str, str | None, int, str], ...] = (
    *[("US", "CA", 725, "USD")] * 18,
    *[("US", "NY", 888, "USD")] * 14,
    *[("US", "TX", 625, "USD")] * 12,
    *[("US", "FL", 600, "USD")] * 10,
    *[("US", "WA", 650, "USD")] * 8,
    *[("US", "IL", 625, "USD")] * 8,
    *[("US", "MA", 625, "USD")] * 7,
    *[("US", "CO", 290, "USD")] * 6,
    *[("US", "OR", 0, "USD")] * 6,
    *[("CA", "ON", 0, "CAD")] * 5,
    *[("GB", None, 0, "GBP")] * 3,
    *[("DE", None, 0, "EUR")] * 3,
)


class Person:
    """A customer with a record, while the history is being told."""

    __slots__ = ("created_at", "email", "id", "last_at", "orders", "place")

    def __init__(self, number: int, created_at: int, orders: int, dice: Dice) -> None:
        self.id = 7_700_000_000_000 + number * 32_768
        self.created_at = self.last_at = created_at
        self.orders = orders
        self.place = PLACES[int(dice() * len(PLACES))]
        self.email = address(number, dice)


def address(number: int, dice: Dice) -> str:
    """An e-mail address that nobody else has."""
    return f"{FIRST[int(dice() * len(FIRST))]}.{LAST[int(dice() * len(LAST))]}{number}@example.com".lower()


class People:
    """Everybody the shop has met so far."""

    def __init__(self, seed: int) -> None:
        self.dice = stream(seed, "people")
        dice = self.dice
        self.buyers: list[Person] = []
        for number in range(OLD):
            born = START - 900 * DAY + number * 4 * DAY + int(dice() * DAY)
            self.buyers.append(Person(number, born, 0 if number % 10 == 9 else 1 + int(dice() * 6), dice))
        self.guests: list[str] = []
        self.met = OLD

    def newcomer(self, instant: int) -> Person:
        """Somebody who makes an account while buying."""
        person = Person(self.met, instant - 20 - int(self.dice() * 500), 0, self.dice)
        self.met += 1
        self.buyers.append(person)
        return person

    def regular(self) -> Person:
        """Somebody who was here before: rather of late than long ago."""
        chance, known = self.dice(), len(self.buyers)
        if chance < 0.6:
            return self.buyers[known - 1 - int(known * (chance / 0.6) ** 1.8)]
        return self.buyers[int(known * (chance - 0.6) / 0.4)]

    def guest(self) -> str:
        """The address of somebody without an account, as typed: now and then one that is known already."""
        number = len(self.guests)
        if number % 40 == 17:
            typed = f" {self.regular().email.title()} "
        elif number % 9 == 8:
            typed = self.guests[number // 2].strip().upper()
        else:
            typed = f"guest.{address(number, self.dice)}"
        self.guests.append(typed)
        return typed

    def records(self) -> tuple[Customer, ...]:
        """The records of all of them, newsletter readers included, by id."""
        dice = self.dice
        readers = [Person(self.met + place, START + place * 5 * DAY, 0, dice) for place in range(READERS)]
        return tuple(
            Customer(one.id, one.created_at, one.last_at, one.email, one.place[0], one.place[1], one.orders)
            for one in (*self.buyers, *readers)
        )
