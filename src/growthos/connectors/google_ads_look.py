"""A look at Google Ads: whom the credentials let in, by what way, and what an account is set up to tell."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from growthos.connectors.google_ads_queries import ENABLED, Customer
from growthos.connectors.refusals import DeniedError, SkippedError
from growthos.connectors.terms import Finding
from growthos.errors import RefusedError

if TYPE_CHECKING:
    from growthos.connectors.api import Api
    from growthos.connectors.google_ads import GoogleAds

SCOPES = Finding("scopes", "ok", "adwords; Google has none for reading alone, and growthos only reads")


def look(source: "GoogleAds", api: "Api") -> Iterator[Finding]:
    """What is found of each account; one that does not let us in keeps no other from being looked at."""
    let_in = False
    for given in source.accounts():
        try:
            told = source.described(api, given)
            if not let_in:
                let_in = True
                yield SCOPES
            yield Finding("credentials", "ok", "accepted", account=given)
            if told.manager:
                yield from _manager(source, api, given)
            reached = source.reach(api, given)
        except (DeniedError, RefusedError) as error:
            yield _closed(error, given)
            continue
        for account in reached:
            try:
                yield from _account(source.described(api, account), account, source.way(account))
            except (DeniedError, RefusedError) as error:
                yield _closed(error, account)


def _manager(source: "GoogleAds", api: "Api", manager: str) -> Iterator[Finding]:
    clients = source.clients(api, manager)
    closed = [str(one) for one in clients if not one.enabled]
    count = len(clients) - len(closed)
    said = f"a manager account, in place of which the {count} enabled accounts below it are read"
    yield Finding("access", "ok", said, account=manager)
    if closed:
        yield Finding("status", "warning", f"closed, so not read: {', '.join(closed)}", account=manager)


def _account(told: Customer, account: str, way: str | None) -> Iterator[Finding]:
    if told.test_account:
        hint = "Set GOOGLE_ADS_CUSTOMER_ID to the account that advertises."
        yield Finding("access", "warning", "a test account, which has no real results", hint, account=account)
    else:
        yield Finding("access", "ok", f"through manager account {way}" if way else "granted directly", account=account)
    if told.status and told.status != ENABLED:
        yield Finding("status", "warning", f"the account is {told.status.lower()}", account=account)
    if told.time_zone:
        yield Finding("time zone", "ok", told.time_zone, account=account)
    if told.currency_code:
        yield Finding("currency", "ok", told.currency_code, account=account)
    if told.auto_tagging_enabled is False:
        yield Finding(
            "tagging",
            "warning",
            "auto-tagging is off: visits from its ads come without a gclid, so orders and GA4 may not know them",
            "Switch it on in Google Ads: Admin, Account settings, Auto-tagging.",
            account=account,
        )


def _closed(error: DeniedError | RefusedError, account: str) -> Finding:
    if isinstance(error, SkippedError):
        return Finding("status", "warning", error.message, error.hint, account=account)
    return Finding("access", "error", error.message, error.hint, account=account)
