"""Answers with one thing wrong in them, on the wire: the connector reads on, or ends its source in words.

Nothing of it may end in anything but pages or an error that a person can read, and what is kept is what came.
"""

import json
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from test_connectors import AFTER, STREAMS, calm, read
from test_hostile import HARMLESS, MALFORMED, MISTYPED, ODD

from growthos.clock import DemoClock
from growthos.connectors.terms import Page
from growthos.errors import GrowthError

HOLE = "@@hole@@"
SEED = 20261125
TOKENS = (*MISTYPED, *ODD, "null", '""', None, '"\\ud800"', "[" * 3000 + "]" * 3000, '"' + "x" * 1_000_000 + '"')


def place(node: Any, dice: random.Random) -> tuple[Any, Any]:
    """Somewhere in an answer: what holds it, and the key."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = dice.choice(keys)
        below = node[key]
        if not isinstance(below, dict | list) or not below or dice.random() < 0.15:
            return node, key
        node = below


def spoil(body: bytes, dice: random.Random) -> bytes:
    """A body with another value somewhere, or one that is no JSON, or one that says the same in other words."""
    whole = [*MALFORMED.values(), *HARMLESS.values()]
    if dice.random() < 0.2:
        return dice.choice(whole)(body)
    told = json.loads(body)
    if not told:
        return body
    node, key = place(told, dice)
    token = dice.choice(TOKENS)
    if token is None and isinstance(node, dict):
        del node[key]
    else:
        node[key] = HOLE
    return json.dumps(told).replace(json.dumps(HOLE), token or "null").encode()


def spoiling(
    number: int, dice: random.Random, sent: list[bytes]
) -> Callable[[httpx.BaseTransport], httpx.MockTransport]:
    """Answers as they are but for one of them, each time it is asked for; tokens are granted as ever."""

    def around(inner: httpx.BaseTransport) -> httpx.MockTransport:
        count, seed = 0, dice.random()

        def answer(request: httpx.Request) -> httpx.Response:
            nonlocal count
            try:
                response = inner.handle_request(request)
            except (LookupError, TypeError, ValueError):  # the face was asked for the page after an odd cursor
                return httpx.Response(400, json={"error": {"message": "No such page.", "code": 100}})
            body = response.read()
            if not request.url.path.endswith("token") and response.status_code == 200:
                count += 1
                if count >= number:
                    body = spoil(body, random.Random(seed))
            sent.append(body)
            return httpx.Response(response.status_code, content=body)

        return httpx.MockTransport(answer)

    return around


def trial(seed: str) -> str:
    """One stream read with one answer spoilt; what came of it."""
    dice = random.Random(seed)
    source, stream = dice.choice(STREAMS).values
    clock, sent = DemoClock(AFTER), list[bytes]()
    transport = spoiling(dice.choice([1, 1, 1, 2]), dice, sent)(calm(clock))
    try:
        pages: list[Page] = read(source, stream, transport, clock)
    except GrowthError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        raise AssertionError(f"seed {seed}: {source.name}.{stream.name}") from error
    if source.name != "meta":  # its links are rid of the token
        assert {page.body for page in pages} <= set(sent), seed
    return "read"


def test_an_odd_answer_is_read_or_refused_in_words():
    outcomes = {trial(f"{SEED} {number}") for number in range(16)}
    assert "read" in outcomes
    assert any("Error: " in outcome for outcome in outcomes)


@pytest.mark.chaos
def test_two_thousand_odd_answers_are_read_or_refused_in_words():
    outcomes = {trial(f"{SEED} long {number}") for number in range(2000)}
    assert "read" in outcomes
