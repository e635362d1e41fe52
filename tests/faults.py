"""What may go wrong on the wire, in each vendor's own words, and scripts that say when."""

import gzip
import json
import random
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from time import sleep
from typing import Any

from fault_server import Arrival, Fault, Script, Turn

from growthos import demo

META_WORDS = "There have been too many calls from this ad-account. Wait a bit and try again."
IN_QUOTES = re.compile(r'(?<=:)\s*"(-?(?:0|[1-9]\d*)(?:\.\d+)?)"')


# When


def storm(seed: int, share: float, faults: Sequence[Fault]) -> Script:
    """Each request fails by chance, one by one the same for the same seed."""

    def script(arrival: Arrival) -> Fault | None:
        dice = random.Random(f"{seed} {arrival.source} {arrival.number}")
        return dice.choice(list(faults)) if dice.random() < share else None

    return script


def each(script: dict[str, Script]) -> Script:
    """Another script for each source; those without one have a good day."""
    return lambda arrival: script[arrival.source](arrival) if arrival.source in script else None


def always(fault: Fault) -> Script:
    return lambda _: fault


def from_request(number: int, fault: Fault) -> Script:
    """From the source's request of this number on, tokens counted."""
    return lambda arrival: fault if arrival.number >= number else None


def at(operation: str, turns: Sequence[int], fault: Fault) -> Script:
    """At these requests of one operation, counted from 1."""
    return lambda arrival: fault if arrival.operation == operation and arrival.turn in turns else None


def but_tokens(fault: Fault) -> Script:
    """At every request but those for tokens."""
    return lambda arrival: None if arrival.operation == "token" else fault


def any_trouble(seed: int) -> Script:
    """A rate of passing faults for each source, and for one or two of them something that does not pass."""
    dice = random.Random(f"trouble {seed}")
    passing = [
        throttled(dice.randrange(1, 200)),
        asked_to_wait(dice.randrange(1, 200)),
        broken(dice.choice([500, 502, 503, 504])),
        web_page(dice.choice([200, 403, 502])),
        cut(dice.random(), told=False),
        cut(dice.random(), told=True),
        reset(dice.random()),
        changed(null_nodes, more_fields),
    ]
    lasting = [revoked, web_page(200), broken(503), first_page_again, cut(dice.random(), told=True), bomb(16)]
    storms = {source: storm(seed, dice.choice([0, 0.1, 0.2, 0.4]), passing) for source in demo.FACES}
    ends = {
        source: from_request(dice.randrange(2, 16), dice.choice(lasting))
        for source in dice.sample(sorted(demo.FACES), dice.randrange(3))
    }
    return lambda arrival: each(ends)(arrival) or storms[arrival.source](arrival)


def from_turn(operation: str, turn: int, fault: Fault) -> Script:
    """From this request of one operation on."""
    return lambda arrival: fault if arrival.operation == operation and arrival.turn >= turn else None


# What


def throttled(seconds: int) -> Fault:
    """Too many requests: in the body, by a code, by a status, with the time that is to pass where the vendor tells it.

    Shopify's points are those of a small shop, so at most 200 seconds are asked for. Meta counts in minutes, rounded up
    here; GA4 tells none in its documents, so a header does, as at every address for tokens.
    """

    def fault(turn: Turn) -> None:
        if turn.arrival.operation == "token":
            asked_to_wait(seconds)(turn)
            return
        match turn.arrival.source:
            case "shopify":
                turn.hint(seconds)
                said = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
                bucket = {"maximumAvailable": 1000.0, "currentlyAvailable": 0.0, "restoreRate": 5.0}
                cost = {"requestedQueryCost": 5 * seconds, "actualQueryCost": None, "throttleStatus": bucket}
                turn.say(200, {"errors": [said], "extensions": {"cost": cost}})
            case "meta":
                minutes = -(-seconds // 60)
                turn.hint(60.0 * minutes)
                usage = {"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": minutes}
                headers = {"x-business-use-case-usage": json.dumps({"1": [usage]})}
                turn.say(400, _meta(80000, META_WORDS, 2446079), headers)
            case "google_ads":
                turn.hint(seconds)
                turn.say(429, _google_ads(429, "RESOURCE_EXHAUSTED", "RESOURCE_TEMPORARILY_EXHAUSTED", f"{seconds}s"))
            case _:
                turn.hint(seconds)
                said = _google(429, "RESOURCE_EXHAUSTED", "Exhausted concurrent requests quota.")
                turn.say(429, said, {"retry-after": str(seconds)})

    return fault


def asked_to_wait(seconds: int, status: int = 429) -> Fault:
    """HTTP's own way, the same for all; a server that is down may say it too."""

    def fault(turn: Turn) -> None:
        turn.hint(seconds)
        turn.say(status, "Not now", {"retry-after": str(seconds), "content-type": "text/plain"})

    return fault


def broken(status: int) -> Fault:
    """A failure on the vendor's side, told as it tells them."""

    def fault(turn: Turn) -> None:
        said = {
            "shopify": {"errors": "Internal Server Error"},
            "meta": _meta(2, "An unexpected error has occurred. Please retry your request later.", transient=True),
            "google_ads": _google_ads(status, "INTERNAL", "INTERNAL_ERROR"),
            "ga4": _google(status, "INTERNAL", "Internal error encountered."),
        }
        turn.say(status, said[turn.arrival.source])

    return fault


def error_with_200(turn: Turn) -> None:
    """An answer whose status is good and whose body is none: an error, or nothing where the data should be."""
    error = _google(500, "INTERNAL", "Internal error encountered.")
    said: dict[str, list[Any]] = {
        "shopify": [{"errors": [{"message": "Internal error."}], "data": None}, {"data": None}],
        "meta": [_meta(2, "An unexpected error has occurred.", transient=True), {"data": None}],
        "google_ads": [_google_ads(500, "INTERNAL", "INTERNAL_ERROR"), [{"results": None, "error": error["error"]}]],
        "ga4": [error, None],
    }
    bodies = said[turn.arrival.source]
    turn.say(200, bodies[turn.arrival.number % len(bodies)])


def web_page(status: int) -> Fault:
    """A firewall's or a login's page in place of an answer."""
    return lambda turn: turn.say(status, "<!DOCTYPE html><title>Sorry</title>", {"content-type": "text/html"})


def cut(share: float, *, told: bool) -> Fault:
    """The first part of the right answer; `told`: with the length of that part, so that HTTP sees nothing amiss."""

    def fault(turn: Turn) -> None:
        whole = turn.honest()
        part = whole.content[: min(int(share * len(whole.content)), len(whole.content) - 1)]
        turn.give(whole, body=part, length=len(part) if told else len(whole.content))

    return fault


def reset(share: float) -> Fault:
    """The first part of the right answer, and then the connection is gone."""

    def fault(turn: Turn) -> None:
        whole = turn.honest()
        turn.give(whole, body=whole.content[: int(share * len(whole.content))], length=len(whole.content) + 1)
        turn.reset()

    return fault


def trickle(turn: Turn) -> None:
    """A byte every twenty seconds, for ever as far as anybody would wait."""
    turn.handler.send_response(200)
    turn.handler.send_header("Content-Length", "1000")
    turn.handler.end_headers()
    for _ in range(30):
        turn.handler.wfile.write(b"{")
        turn.handler.wfile.flush()
        turn.apis.clock.pass_time(20.0)
        sleep(0.01)
    turn.hang_up()


def sent_on(status: int, address: str) -> Fault:
    """Go elsewhere."""
    return lambda turn: turn.say(status, "", {"location": f"{address}{turn.arrival.request.url.raw_path.decode()}"})


def bomb(megabytes: int) -> Fault:
    """A little that unpacks to a lot."""
    packer, blanks = zlib.compressobj(9, wbits=31), b" " * 1024 * 1024
    packed = b"".join(packer.compress(blanks) for _ in range(megabytes)) + packer.flush()
    return lambda turn: turn.say(200, packed, {"content-encoding": "gzip"})


def revoked(turn: Turn) -> None:
    """The credentials are good no more, and no new token is to be had for them."""
    if turn.arrival.operation != "token":
        turn.give(demo.FACES[turn.arrival.source].DENIED)
    else:
        turn.say(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})


def used_up_today(turn: Turn) -> None:
    """The day's quota is gone: more than any wait can mend."""
    if turn.arrival.source == "google_ads":
        turn.hint(40_000)
        turn.say(429, _google_ads(429, "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED", "40000s"))
    else:
        words = "Exhausted property tokens per day. These quota tokens will return in under 24 hours."
        turn.say(429, _google(429, "RESOURCE_EXHAUSTED", words))


def stale_cursor(turn: Turn) -> None:
    """Where the next page starts is forgotten; a list that begins anew is served."""
    if turn.arrival.source == "shopify":
        asked = json.loads(turn.arrival.request.content)["variables"].get("after")
        words = {"errors": [{"message": "Invalid cursor for current pagination sort.", "path": ["orders"]}]}
        status = 200
    else:
        asked, status = turn.arrival.request.url.params.get("after"), 400
        words = _meta(100, "(#100) Invalid cursors values", 1349125)
    if asked:
        turn.say(status, words)
    else:
        turn.give(turn.honest())


def first_page_again(turn: Turn) -> None:
    """The same page for ever, with a next one."""
    seen = turn.apis.seen.get((turn.arrival.source, turn.arrival.operation))
    turn.give(seen[0] if seen else turn.honest())


def same_cursor(turn: Turn) -> None:
    """Another page, whose next one starts where the last one's did."""

    def circle(said: Any) -> None:
        for one in dicts(said):
            if one.get("hasNextPage") is not None:
                one |= {"hasNextPage": True, "endCursor": "eyJsYXN0X2lkIjoxfQ=="}
            if "cursors" in one:
                one |= {"cursors": {"after": "MTA="}, "next": "https://graph.facebook.com/v26.0/x?after=MTA="}

    changed(circle)(turn)


def empty_page_first(turn: Turn) -> None:
    """A page without a record, whose next one is the page that was asked for."""
    whole = turn.honest()
    said = json.loads(whole.content)
    if turn.arrival.source == "shopify":
        asked = json.loads(turn.arrival.request.content)["variables"].get("after")
        cursor = b64encode((b64decode(asked) if asked else b'{"last_id":-1,"last_value":-1}') + b" ").decode()
        [name] = said["data"]
        said["data"][name] = {"pageInfo": {"hasNextPage": True, "endCursor": cursor}, "nodes": []}
    else:
        asked = turn.arrival.request.url.params.get("after")
        cursor = b64encode(b"0" + (b64decode(asked) if asked else b"0")).decode()
        link = f"https://graph.facebook.com/v26.0/x?after={cursor}"
        said |= {"data": [], "paging": {"cursors": {"before": "x", "after": cursor}, "next": link}}
    turn.say(200, said)


def changed(*changes: Callable[[Any], None]) -> Fault:
    """The right answer with something in it changed."""

    def fault(turn: Turn) -> None:
        whole = turn.honest()
        said = json.loads(whole.content)
        for change in changes:
            change(said)
        turn.give(whole, body=json.dumps(said).encode())

    return fault


def bare_numbers(turn: Turn) -> None:
    """Numbers as numbers that were text, digit for digit, and the answer packed."""
    whole = turn.honest()
    said = gzip.compress(IN_QUOTES.sub(r" \1", whole.text).encode())
    turn.say(whole.status_code, said, {**whole.headers, "content-encoding": "gzip"})


def more_fields(said: Any) -> None:
    """Every object has fields that nobody asked for; GraphQL's `data` alone has what the query named."""
    named = said.get("data") if isinstance(said, dict) else None
    for one in [each for each in dicts(said) if each is not named]:
        one["aNewField"] = {"deep": [1, None, "x"], "text": 'quote " and \u202e'}


def null_nodes(said: Any) -> None:
    """Records that the caller may not see stand in their list as null."""
    for one in list(dicts(said)):
        if isinstance(one.get("nodes"), list) and "pageInfo" in one:
            one["nodes"] = [None, *one["nodes"], None]


def foreign_links(said: Any) -> None:
    """The link to the next page leads to another host."""
    for one in dicts(said):
        if isinstance(one.get("next"), str):
            one["next"] = one["next"].replace("https://graph.facebook.com", "http://127.0.0.1:9")


def dicts(said: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document, from the outside in."""
    if isinstance(said, dict):
        yield said
        for one in list(said.values()):
            yield from dicts(one)
    elif isinstance(said, list):
        for one in said:
            yield from dicts(one)


def _meta(code: int, message: str, subcode: int | None = None, *, transient: bool = False) -> dict[str, Any]:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "is_transient": transient}
    return {"error": error | ({"error_subcode": subcode} if subcode else {}) | {"fbtrace_id": "AFaultTrace"}}


def _google(code: int, status: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status}}


def _google_ads(code: int, status: str, word: str, retry: str | None = None) -> list[dict[str, Any]]:
    kind = "quotaError" if code == 429 else "internalError"
    error: dict[str, Any] = {"errorCode": {kind: word}, "message": word.replace("_", " ").capitalize() + "."}
    if retry:
        error["details"] = {"quotaErrorDetails": {"rateScope": "ACCOUNT", "retryDelay": retry}}
    said = _google(code, status, word)
    said["error"]["details"] = [
        {"@type": "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure", "errors": [error]}
    ]
    return [said]
