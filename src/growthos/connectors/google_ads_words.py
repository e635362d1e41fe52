"""What Google Ads means by its error codes, and what there is to do about each."""

from collections.abc import Mapping

from growthos.connectors.google_words import Refusal
from growthos.connectors.terms import Judgement, Verdict
from growthos.connectors.verdicts import by_status

GATEWAY_TIMEOUT = 504

LOGIN_HINT = (
    "Check GOOGLE_ADS_CUSTOMER_ID; where access comes through a manager account,"
    " set GOOGLE_ADS_LOGIN_CUSTOMER_ID to it."
)
PROJECT_HINT = (
    "Access belongs to the Google Cloud project of your OAuth client (GOOGLE_ADS_CLIENT_ID) or service account:"
    " enable the Google Ads API there and apply for Basic access."
)
SCOPE_HINT = (
    "Sign in again with `growthos login google_ads`, or make a new GOOGLE_ADS_REFRESH_TOKEN with the scope"
    " https://www.googleapis.com/auth/adwords;"
    " growthos only reads, but Google has no scope for reading alone."
)
USER_HINT = (
    "This user or service account is none of Google Ads: add its address in the account under Admin, Access and"
    " security, with Read only access."
)
CODES = {
    Verdict.THROTTLED: ("RESOURCE_TEMPORARILY_EXHAUSTED", "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION"),
    Verdict.QUOTA: ("RESOURCE_EXHAUSTED", "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION"),
    Verdict.TRANSIENT: ("INTERNAL_ERROR", "TRANSIENT_ERROR"),
    Verdict.SKIP: ("CUSTOMER_NOT_ENABLED",),
}
"""What is said by the code alone."""
HINTS = {
    "NOT_ADS_USER": USER_HINT,
    "USER_PERMISSION_DENIED": LOGIN_HINT,
    "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION": LOGIN_HINT,
    "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION": PROJECT_HINT,
    "DEVELOPER_TOKEN_NOT_APPROVED": PROJECT_HINT,
    "PROJECT_DISABLED": PROJECT_HINT,
    "SERVICE_DISABLED": PROJECT_HINT,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": SCOPE_HINT,
}
"""What is not permitted, and whom to ask."""


def meaning(said: Refusal, status: int, headers: Mapping[str, str], version: str) -> Judgement:
    """Google Ads' own words first, then HTTP's."""
    for verdict, codes in CODES.items():
        if set(codes) & set(said.details):
            return Judgement(verdict, said.words, said.wait)
    for code, hint in HINTS.items():
        if code in said.details:
            return Judgement(Verdict.PERMISSION, said.words, hint=hint)
    if "UNSUPPORTED_VERSION" in said.details:
        return Judgement(Verdict.REFUSED, f"version {version} has ended: {said.words}", hint=version_hint(version))
    plain = by_status(said.code or status, headers, said.words)
    return Judgement(plain.verdict, said.words or plain.message, said.wait if said.wait is not None else plain.wait)


def nowhere(version: str) -> Judgement:
    """The verdict on an address that does not exist, for which Google shows a web page."""
    words = f"there is no version {version} of the Google Ads API at this address"
    return Judgement(Verdict.REFUSED, words, hint=version_hint(version))


def version_hint(version: str) -> str:
    """What to do where a version is gone."""
    return (
        f"Install a newer growthos, which asks a later version than {version}; check GOOGLE_ADS_BASE_URL if it is set."
    )


def for_less(said: Judgement, status: int) -> Judgement:
    """The same verdict where a range of days can be cut: what takes too long is asked for in shorter ranges."""
    too_long = said.verdict is Verdict.TRANSIENT and status == GATEWAY_TIMEOUT
    return Judgement(Verdict.SHRINK, said.message) if too_long else said
