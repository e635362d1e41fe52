"""A look at a shop without reading it: who lets us in, what the app may and may not see, the points that are left."""

from collections.abc import Iterator

from growthos.connectors.refusals import DeniedError
from growthos.connectors.shopify_reader import API_VERSION, PERMISSIONS, Reader, wrong
from growthos.connectors.shopify_words import SCOPES_HINT
from growthos.connectors.terms import Finding

NEEDED = ("read_orders", "read_customers", "read_products")
FIRST = {"first": 1, "after": None, "query": None}
PROBES = (
    ("customer data", "personal", "GrowthCustomers", "read_customers"),
    ("unit costs", "cost", "GrowthInventoryItems", "read_products"),
)
"""What needs a permission beside the scope: its subject and mark, the smallest question about it, and the scope."""


def look(read: Reader, account: str) -> Iterator[Finding]:
    """What is found out with three small questions; SourceError where the shop does not let us in."""
    said = read.ask("GrowthShop", {}).said.data
    if said.shop is None:
        raise wrong("says nothing of the shop")
    yield Finding("credentials", "ok", "accepted", account=account)
    yield Finding("time zone", "ok", said.shop.iana_timezone, account=account)
    if said.shop.currency_code:
        yield Finding("currency", "ok", said.shop.currency_code, account=account)
    installed = said.current_app_installation
    scopes = frozenset(one.handle for one in installed.access_scopes) if installed else frozenset[str]()
    yield from _scopes(scopes, account)
    for subject, mark, operation, scope in PROBES:
        if granted(scopes, scope):
            yield _permission(read, account, subject, mark, operation)
    if read.answered_by and read.answered_by != API_VERSION:
        yield Finding(
            "version",
            "warning",
            f"{API_VERSION} is asked for and {read.answered_by} answers",
            "Install a newer growthos: `pip install --upgrade growthos`.",
            account,
        )
    if bucket := read.bucket:
        points = f"{bucket.currently_available:,.0f} of {bucket.maximum_available:,.0f} points"
        yield Finding(
            "quota", "ok", f"{points} left, {bucket.restore_rate:,.0f} come back in a second", account=account
        )


def granted(scopes: frozenset[str], scope: str) -> bool:
    """Whether a scope to read is granted, be it with the one to write."""
    return scope in scopes or scope.replace("read_", "write_") in scopes


def _scopes(scopes: frozenset[str], account: str) -> Iterator[Finding]:
    missing = [one for one in NEEDED if not granted(scopes, one)]
    if missing:
        yield Finding("scopes", "error", f"not granted: {', '.join(missing)}", SCOPES_HINT, account)
    else:
        yield Finding("scopes", "ok", ", ".join(sorted(one for one in scopes if one.startswith("read_"))), "", account)
    if not granted(scopes, "read_all_orders"):
        said = "read_all_orders is not granted: only orders of the last 60 days are shown"
        yield Finding("scopes", "warning", said, SCOPES_HINT, account)
    if more := sorted(one for one in scopes if one.startswith("write_")):
        said = f"the app may also write: {', '.join(more)}"
        yield Finding("scopes", "warning", said, "growthos only reads; take them from the app.", account)


def _permission(read: Reader, account: str, subject: str, mark: str, operation: str) -> Finding:
    try:
        read.ask(operation, dict(FIRST))
    except DeniedError as denied:
        return Finding(subject, "error", denied.message, denied.hint, account)
    if mark in read.without:
        return Finding(subject, "warning", PERMISSIONS[mark], account=account)
    return Finding(subject, "ok", "permitted", account=account)
