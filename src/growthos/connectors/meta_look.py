"""A look at Meta without reading it: what the token may do, in which state each account is, what is left of its limits.

The permissions are asked for by the token's own list of them: the endpoint that explains a token wants it in the
address, where it does not belong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from growthos.connectors.meta_pages import Graph
from growthos.connectors.meta_words import left
from growthos.connectors.refusals import DeniedError
from growthos.connectors.terms import Finding
from growthos.errors import RefusedError

ACCOUNT_FIELDS = "id,account_id,name,currency,timezone_name,account_status"
STATES = MappingProxyType(
    {
        2: "disabled",
        3: "unsettled: a payment is due",
        7: "under review for its risk",
        8: "to be settled",
        9: "in its grace period: a payment is due",
        100: "about to be closed",
        101: "closed",
        202: "closed",
    }
)
NEEDED = "ads_read"
WRITES = "manage"
"""What the names of permissions to change something have in common."""
SCARCE = 25.0
PERMISSIONS_PER_PAGE = "200"


@dataclass(frozen=True, slots=True)
class Described:
    """An account, as far as a look needs it."""

    id: str
    currency: str | None = None
    timezone_name: str | None = None
    account_status: int | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission, and whether the token has it."""

    permission: str
    status: str


@dataclass(frozen=True, slots=True)
class Permissions:
    """All that were ever asked for."""

    data: list[Permission]


def look(graph: Graph, accounts: tuple[str, ...], env: str) -> Iterator[Finding]:
    """What is found of the token and of each account; one that is not permitted keeps no other from being looked at.

    `env` is the setting that holds the token.
    """
    let_in = False
    for account in accounts:
        try:
            said = graph.get(f"act_{account}", {"fields": ACCOUNT_FIELDS}, "account", Described).said
        except (DeniedError, RefusedError) as error:
            yield Finding("access", "error", error.message, error.hint, account)
            continue
        if not let_in:
            let_in = True
            yield from _scopes(graph, env)
            if graph.answered_by not in {None, graph.version}:
                yield Finding(
                    "version",
                    "warning",
                    f"{graph.version} is asked for and {graph.answered_by} answers",
                    "Install a newer growthos: `pip install --upgrade growthos`.",
                )
        yield from _account(said, account)
        if quota := left(graph.headers):
            said_left = ", ".join(f"{name} {percent:g} %" for name, percent in sorted(quota.items()))
            scarce = min(quota.values()) < SCARCE
            yield Finding("quota", "warning" if scarce else "ok", f"left: {said_left}", account=account)


def _account(said: Described, account: str) -> Iterator[Finding]:
    yield Finding("credentials", "ok", "accepted", account=account)
    if state := STATES.get(said.account_status or 0):
        hint = "What it did before can still be read."
        yield Finding("status", "warning", f"the account is {state}", hint, account)
    if said.timezone_name:
        yield Finding("time zone", "ok", said.timezone_name, account=account)
    if said.currency:
        yield Finding("currency", "ok", said.currency, account=account)


def _scopes(graph: Graph, env: str) -> Iterator[Finding]:
    before = graph.headers
    try:
        said = graph.get("me/permissions", {"limit": PERMISSIONS_PER_PAGE}, "permissions", Permissions).said
    except (DeniedError, RefusedError) as error:
        yield Finding("scopes", "warning", f"Meta does not say what the token may do: {error.message}")
        return
    finally:
        # What is left of an account's limits stands beside the account's own answer.
        graph.headers = before
    granted = {one.permission for one in said.data if one.status == "granted"}
    hint = f"Generate the system user's token anew with {NEEDED} alone, and put it into {env}."
    if NEEDED in granted:
        yield Finding("scopes", "ok", NEEDED)
    elif "ads_management" not in granted:
        yield Finding("scopes", "error", f"{NEEDED} is not granted", hint)
    if writes := sorted(one for one in granted if WRITES in one):
        yield Finding("scopes", "warning", f"the token may also change things: {', '.join(writes)}", hint)
