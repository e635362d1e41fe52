"""What the shop sells: about 200 products in eight categories, with and without a recorded unit cost."""

from typing import NamedTuple

from growthos.demo.dice import DAY, START, Dice, stream
from growthos.demo.records import Product, Variant

POSTER = 193
"""The product that comes in more sizes and colours than fit on a page."""
POSTER_VARIANTS = 130
SAMPLES = 120
"""The product that costs the shop nothing: its maker gives it away."""


class Shelf(NamedTuple):
    """A category: its name as the shop types it, what it holds, prices in cents, share with a cost, cost in %."""

    category: str
    nouns: str
    low: int
    high: int
    products: int
    costed: float
    cost_share: int


SHELVES = (
    Shelf("Apparel", "Jacket Sweater Shirt Scarf Beanie Socks Overshirt", 1900, 11900, 52, 1.0, 41),
    Shelf("Home", "Lamp Blanket Vase Kettle Candle Tray Stool", 1500, 9500, 44, 0.85, 45),
    Shelf("beauty", "Serum Balm Soap Oil Cream Mask", 900, 4800, 30, 0.0, 30),
    Shelf("Electronics", "Speaker Charger Radio Headphones Clock", 2900, 18900, 20, 0.9, 58),
    Shelf("Food", "Coffee Tea Honey Chocolate Granola", 600, 2800, 26, 0.25, 52),
    Shelf("Toys & Games", "Puzzle Blocks Kite Cards", 1200, 5500, 18, 0.5, 48),
    Shelf("", "Sticker Poster Postcard", 500, 2400, 9, 0.0, 45),
    Shelf("Gift Cards", "Gift", 2500, 10000, 1, 0.0, 0),
)
MOODS = [
    "Harbor",
    "Pine",
    "Fern",
    "Dune",
    "Ember",
    "Slate",
    "Meadow",
    "Tide",
    "Birch",
    "Comet",
    "Maple",
    "Drift",
    "Cedar",
    "Aurora",
    "Pebble",
    "Larch",
]
SIZES = ["S", "M", "L", "XL", "XXL"]
VENDORS = ["Northfield", "Okaya", "Lumen", "Tallow&Co", "Brightside"]


def make(seed: int) -> tuple[Product, ...]:
    """Every product, in the order in which it was added."""
    dice = stream(seed, "catalogue")
    products: list[Product] = []
    for shelf in SHELVES:
        for _ in range(shelf.products):
            products.append(_product(len(products), shelf, dice))
    return tuple(products)


def _product(number: int, shelf: Shelf, dice: Dice) -> Product:
    nouns = shelf.nouns.split()
    gift = shelf.category == "Gift Cards"
    title = "Gift Card" if gift else f"{MOODS[number % len(MOODS)]} {nouns[number % len(nouns)]}"
    product_id = 8_100_000_000_000 + number * 32_768
    updated = START - 200 * DAY + int(dice() * 190 * DAY)
    count = POSTER_VARIANTS if number == POSTER else 4 if gift else 1 + int(dice() * 5)
    base = shelf.low + int((shelf.high - shelf.low) * dice() ** 1.8)
    costed = dice() < shelf.costed
    variants = []
    for place in range(count):
        price = (2500, 5000, 7500, 10000)[place] if gift else base // 50 * 50 + 49 + (place % 5) * (base // 1000) * 50
        cost = price * (shelf.cost_share - 6 + int(dice() * 12)) // 100 if costed else None
        variants.append(
            Variant(
                id=44_000_000_000_000 + number * 32_768 * 256 + place * 32_768,
                product_id=product_id,
                title=f"${price // 100}" if gift else f"{SIZES[place % 5]} / No. {place + 1}",
                sku=f"{title[:3].upper()}-{number:03d}-{place + 1:02d}",
                price_cents=price,
                inventory_item_id=46_000_000_000_000 + number * 32_768 * 256 + place * 32_768,
                unit_cost_cents=0 if number == SAMPLES else cost,
                cost_updated_at=updated + place,
            )
        )
    return Product(
        id=product_id,
        title=title,
        vendor=VENDORS[int(dice() * len(VENDORS))],
        category=shelf.category,
        is_gift_card=gift,
        requires_shipping=not gift,
        updated_at=updated,
        variants=tuple(variants),
    )
