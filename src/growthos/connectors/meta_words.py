"""How Meta says no: codes in the body come first, since its throttles are HTTP 400 and its errors may be 200."""

from collections.abc import Iterator, Mapping
from typing import Any

from growthos.connectors.terms import Judgement, Verdict
from growthos.connectors.verdicts import by_status, document, retry_after, without_error

THROTTLES = {4, 17, 32, 613, *range(80000, 80015)}
TOKENS = {102, 190}
PERMISSIONS = {3, 10, *range(200, 300)}
TOO_MUCH = {(2, 1504038), (100, 1504018)}
WRONG = {(2, 1504041), (2, 1504042)}
REPORT_NOT_READY = 2601
VERSION_GONE = 2635
BLOCKED = 368
SHORTEST_WAIT = 60.0
NEARLY_USED_UP = 95.0
BUSY = 75.0
BUSY_SECONDS = 5.0


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Judgement:  # noqa: PLR0911 - one answer per meaning
    """What an answer of the Marketing API means."""
    error = _error(body)
    if error is None:
        return without_error(status, headers, body, opens=b"{", whose="Meta")
    code, subcode = (one if isinstance(one := error.get(key), int) else None for key in ("code", "error_subcode"))
    words = " ".join(str(error[key]) for key in ("message", "error_user_msg") if error.get(key))
    if trace := error.get("fbtrace_id"):
        words += f" [trace {trace}]"
    if code in THROTTLES:
        return Judgement(Verdict.THROTTLED, words, max(SHORTEST_WAIT, _told_wait(headers), retry_after(headers) or 0.0))
    if code in TOKENS:
        return Judgement(Verdict.CREDENTIALS, words)
    if (code, subcode) in TOO_MUCH or "reduce the amount of data" in words.lower():
        return Judgement(Verdict.SHRINK, words)
    if code == VERSION_GONE:
        return Judgement(Verdict.REFUSED, words, hint="This version of Meta's API has ended: install a newer growthos.")
    if (code, subcode) in WRONG or code == BLOCKED:
        return Judgement(Verdict.REFUSED, words)
    if error.get("is_transient") is True or code in {1, 2, REPORT_NOT_READY}:
        return Judgement(Verdict.TRANSIENT, words)
    if code in PERMISSIONS:
        return Judgement(Verdict.PERMISSION, words)
    plain = by_status(status, headers, words)
    verdict = Verdict.REFUSED if plain.verdict is Verdict.OK else plain.verdict
    return Judgement(verdict, words, plain.wait)


def resting(headers: Mapping[str, str]) -> float:
    """Seconds to rest after a good answer: a little above 75 % of a limit, as long as Meta says above 95 %."""
    used = max((float(value) for _, usage in _usages(headers) for value in _percents(usage)), default=0.0)
    if used > NEARLY_USED_UP:
        return max(SHORTEST_WAIT, _told_wait(headers))
    return BUSY_SECONDS if used > BUSY else 0.0


def left(headers: Mapping[str, str]) -> dict[str, float]:
    """Percent left of each limit, by its type or its header as Meta names them; of several accounts the least."""
    found: dict[str, float] = {}
    for name, usage in _usages(headers):
        for used in _percents(usage):
            found[name] = min(found.get(name, 100.0), 100.0 - used)
    return found


def _error(body: bytes) -> dict[str, Any] | None:
    if b'"error"' not in body:
        return None
    said = document(body)
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else None


def _told_wait(headers: Mapping[str, str]) -> float:
    """Seconds until calls are allowed again: Meta tells them in minutes, of an account's own limit in seconds."""
    waits = [0.0]
    for _, usage in _usages(headers):
        if isinstance(minutes := usage.get("estimated_time_to_regain_access"), int | float):
            waits.append(60.0 * minutes)
        seconds = usage.get("reset_time_duration")
        if isinstance(seconds, int | float) and max(_percents(usage), default=0.0) > NEARLY_USED_UP:
            waits.append(float(seconds))
    return max(waits)


def _usages(headers: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every usage that the headers tell, by its limit's name."""
    by_business = document(headers.get("x-business-use-case-usage", "").encode())
    if isinstance(by_business, dict):
        for usages in by_business.values():
            for one in usages if isinstance(usages, list) else ():
                if isinstance(one, dict):
                    yield str(one.get("type", "x-business-use-case-usage")), one
    for name in ("x-app-usage", "x-ad-account-usage", "x-fb-ads-insights-throttle"):
        usage = document(headers.get(name, "").encode())
        if isinstance(usage, dict):
            yield name, usage


def _percents(usage: Mapping[str, Any]) -> Iterator[float]:
    for key in ("call_count", "total_cputime", "total_time", "acc_id_util_pct", "app_id_util_pct"):
        if isinstance(value := usage.get(key), int | float):
            yield value
