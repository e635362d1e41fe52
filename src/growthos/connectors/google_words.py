"""How Google's APIs say no: the error document that Google Ads and GA4 share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from growthos.connectors.verdicts import document, duration


@dataclass(frozen=True, slots=True)
class Refusal:
    """Google's error: its HTTP code, its status, the codes of its details, all its words, the wait it asks for."""

    code: int
    status: str
    details: tuple[str, ...]
    words: str
    wait: float | None


def refusal(body: bytes) -> Refusal | None:
    """The error in an answer, also where it is wrapped in an array or follows good chunks; None where there is none."""
    if b'"error"' not in body:
        return None
    said = document(body)
    for element in said if isinstance(said, list) else [said]:
        error = element.get("error") if isinstance(element, dict) else None
        if isinstance(error, dict):
            return _read(error)
    return None


def _read(error: Mapping[str, Any]) -> Refusal:
    codes: list[str] = []
    words = [str(error.get("message", ""))]
    wait = None
    for detail in _dicts(error.get("details")):
        wait = duration(detail.get("retryDelay")) or wait
        if reason := detail.get("reason"):
            codes.append(str(reason))
        for one in _dicts(detail.get("errors")):
            codes += [str(code) for code in _dict(one.get("errorCode")).values()]
            words.append(str(one.get("message", "")))
            quota = _dict(_dict(one.get("details")).get("quotaErrorDetails"))
            wait = duration(quota.get("retryDelay")) or wait
    code = error.get("code")
    said = " ".join([*dict.fromkeys(word for word in words if word), *(f"[{one}]" for one in codes)])
    return Refusal(code if isinstance(code, int) else 0, str(error.get("status", "")), tuple(codes), said, wait)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
