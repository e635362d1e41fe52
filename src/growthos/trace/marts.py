"""What the published tables hold of an order or of a campaign's day, and whom a person means."""

from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from growthos.errors import UsageError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from growthos.warehouse.tracing import Row

A_LETTER_IN: Final = 4
"""Of so many letters one may be off in a name that is proposed."""
_ORDERS: Final = """
    select order_key, order_name, order_ts_utc
    from fact_orders
    where order_key in ($given, 'shopify:' || $given) or order_name in ($given, '#' || $given)
"""
_NEAR: Final = """
    select order_name
    from fact_orders
    where abs(len(order_name) - len($given)) <= $near and damerau_levenshtein(order_name, $given) <= $near
    order by damerau_levenshtein(order_name, $given), order_name
    limit 3
"""
_OF_ORDER: Final = {
    "fact_orders": "from fact_orders where order_key = $key",
    "fact_order_lines": """
        select * exclude (order_hash) from fact_order_lines
        where order_hash = $place and order_key = $key order by line_key
    """,
    "fact_refunds": """
        select * exclude (order_hash) from fact_refunds
        where order_hash = $place and order_key = $key order by date_key, refund_line_key
    """,
    "dim_channel": "from dim_channel semi join (from fact_orders where order_key = $key) using (channel_key)",
    "dim_campaign": """
        from dim_campaign semi join (from fact_orders where order_key = $key) using (channel_key, campaign_key)
        where campaign_key != 'unknown'
    """,
}
_OF_CAMPAIGN: Final = {
    "fact_spend": "from fact_spend where campaign_key = $key and date_key = $day",
    "dim_channel": "from dim_channel semi join (from dim_campaign where campaign_key = $key) using (channel_key)",
    "dim_campaign": "from dim_campaign where campaign_key = $key",
}


def find_order(con: "DuckDBPyConnection", given: str) -> "Row | None":
    """The key, name and time of the order of that name, number or key; None where the tables have none.

    Raises UsageError where it could be several.
    """
    found = rows(con, _ORDERS, given=given)
    if len(found) > 1:
        raise several(given, {one["order_key"]: one["order_name"] for one in found})
    return found[0] if found else None


def several(given: str, found: "dict[str, Any]") -> UsageError:
    """The error of a name or number that more than one order bears, told by key."""
    told = ", ".join(f"{key} ({name})" for key, name in sorted(found.items()))
    return UsageError(f"{given!r} could be any of {len(found)} orders: {told}.", hint="Name one by its key.")


def unknown_order(con: "DuckDBPyConnection", given: str) -> UsageError:
    """The error of an order that is nowhere, with those of nearly that name."""
    name = given if given.startswith("#") else f"#{given}"
    near = [one["order_name"] for one in rows(con, _NEAR, given=name, near=len(name) // A_LETTER_IN)]
    hint = f"Did you mean {' or '.join(near)}?" if near else "Give its name, such as #1042, its number, or its key."
    if find_campaigns(con, given):
        hint = "That is a campaign: say of which day with --day."
    return UsageError(f"There is no order {given!r}, in the tables or in the raw files.", hint=hint)


def find_campaigns(con: "DuckDBPyConnection", given: str) -> "list[Row]":
    """The campaigns of that key, id or name, in whatever case it is written."""
    return rows(
        con,
        "from dim_campaign where campaign_key != 'unknown' "
        "and (campaign_key = $given or campaign_id = $given or lower(trim(name)) = lower(trim($given)))",
        given=given,
    )


def find_campaign(con: "DuckDBPyConnection", given: str) -> "Row":
    """The one campaign of that key, id or name; UsageError with the nearest where there is none or more."""
    found = find_campaigns(con, given)
    if len(found) == 1:
        return found[0]
    if found:
        keys = ", ".join(sorted(one["campaign_key"] for one in found))
        raise UsageError(f"{len(found)} campaigns are called {given!r}: {keys}.", hint="Name one by its key.")
    known = rows(con, "select campaign_key, campaign_id, name from dim_campaign where campaign_key != 'unknown'")
    words = {part.lower(): one["name"] for one in known for part in str(one["name"]).split()}
    words |= {str(word).lower(): str(word) for one in known for word in one.values() if word}
    near = list(dict.fromkeys(words[one] for one in get_close_matches(given.lower(), words, 3)))
    hint = f"Did you mean {' or '.join(near)}?" if near else "See them all with `growthos kpis ad_spend --by campaign`."
    if rows(con, _ORDERS, given=given):
        hint = "That is an order: leave --day out."
    raise UsageError(f"There is no campaign {given!r}.", hint=hint)


def of_order(con: "DuckDBPyConnection", key: str) -> "dict[str, list[Row]]":
    """The rows of an order, by table; the others are found by its own number, for DuckDBs differ in it."""
    [*orders] = rows(con, _OF_ORDER["fact_orders"], key=key)
    place = next((one.pop("order_hash") for one in orders), None)
    others = {table: query for table, query in _OF_ORDER.items() if table != "fact_orders"}
    return {
        "fact_orders": orders,
        **{
            table: rows(con, query, key=key, **({"place": place} if "$place" in query else {}))
            for table, query in others.items()
        },
    }


def of_campaign(con: "DuckDBPyConnection", key: str, day: date) -> "dict[str, list[Row]]":
    """The rows of a campaign's day, by table."""
    return {
        table: rows(con, query, key=key, **({"day": day} if "$day" in query else {}))
        for table, query in _OF_CAMPAIGN.items()
    }


def about(con: "DuckDBPyConnection") -> tuple[str, str]:
    """The currency and the zone of the tables."""
    [row] = rows(con, "select currency, timezone from run_info")
    return row["currency"], row["timezone"]


def rows(con: "DuckDBPyConnection", query: str, **values: Any) -> "list[Row]":
    """The rows of a query, each by column."""
    cursor = con.execute(query, values)
    names = [name for name, *_ in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
