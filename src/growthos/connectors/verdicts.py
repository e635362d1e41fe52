"""What HTTP itself says of an answer, and how long it asks to wait; a source's own words come first and are its own."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from growthos.connectors.terms import Judgement, Verdict
from growthos.redact import SECRETS

OK, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TIMEOUT, TOO_LARGE, TOO_MANY = 200, 401, 403, 404, 408, 413, 429
REDIRECTED, SERVER_ERROR = 300, 500
LONGEST_QUOTE = 300
UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


def by_status(status: int, headers: Mapping[str, str], words: str = "") -> Judgement:  # noqa: PLR0911 - one answer per meaning
    """The verdict where only the status speaks."""
    message = f"HTTP {status}" + (f", {words}" if words else "")
    if status == TOO_MANY:
        return Judgement(Verdict.THROTTLED, message, retry_after(headers))
    if status >= SERVER_ERROR or status == TIMEOUT:
        return Judgement(Verdict.TRANSIENT, message, retry_after(headers))
    if status == UNAUTHORIZED:
        return Judgement(Verdict.CREDENTIALS, message)
    if status in {FORBIDDEN, NOT_FOUND}:
        return Judgement(Verdict.PERMISSION, message)
    if status == TOO_LARGE:
        return Judgement(Verdict.SHRINK, message)
    if OK < status < REDIRECTED:
        return Judgement(Verdict.TRANSIENT, f"{message}: an answer without its contents")
    if status != OK:
        return Judgement(Verdict.REFUSED, message)
    return Judgement(Verdict.OK)


def without_error(status: int, headers: Mapping[str, str], body: bytes, *, opens: bytes, whose: str) -> Judgement:
    """The verdict on an answer that names no error: a good one is the API's own only if it opens as those do."""
    if status == OK and not body.lstrip().startswith(opens):
        return Judgement(Verdict.TRANSIENT, f"the answer is not {whose}'s")
    return by_status(status, headers)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds asked for by `Retry-After`: a number, or a date against the server's own; None where it is neither."""
    told = headers.get("retry-after", "").strip()
    if not told:
        return None
    if re.fullmatch(r"-?\d{1,9}(\.\d+)?", told):
        seconds = float(told)
    else:
        try:
            until, now = parsedate_to_datetime(told), parsedate_to_datetime(headers.get("date", ""))
            seconds = (until - now).total_seconds()
        except (TypeError, ValueError):
            return None
    return seconds if seconds > 0 else 1.0


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """What the server's clock says: its `Date`, and the time that the answer has lain in a cache since."""
    age = headers.get("age", "").strip()
    try:
        told = parsedate_to_datetime(headers.get("date", ""))
        made = told if told.tzinfo else told.replace(tzinfo=UTC)
        return made + timedelta(seconds=int(age) if re.fullmatch(r"\d{1,9}", age) else 0)
    except (TypeError, ValueError, OverflowError):
        return None


def duration(text: object) -> float | None:
    """Seconds of a Google duration, "30s" or "1.5s"."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)s", text) if isinstance(text, str) else None
    return float(match[1]) if match else None


def document(body: bytes) -> Any:
    """The body as JSON, None where it is none; for error bodies, which are small."""
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> None:
    """NaN and Infinity, which Python reads and JSON does not know."""
    raise ValueError(name)


def quoted(text: object) -> str:
    """Words of an API, fit for a message: no secret, one line, no control characters, not too long."""
    line = UNSEEN.sub(" ", SECRETS.text(str(text))).strip()
    return line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…"
