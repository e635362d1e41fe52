"""A question to Meta's Graph API and its pages: version, proof, cursors, and the token that it writes into links."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs, urlsplit

from growthos.connectors.meta_words import left
from growthos.connectors.refusals import ShrinkError
from growthos.connectors.terms import Page
from growthos.connectors.trail import Trail
from growthos.connectors.verdicts import quoted

if TYPE_CHECKING:
    from growthos.connectors.api import Api
    from growthos.connectors.asking import Answer

T = TypeVar("T")
SMALLEST_PAGE = 25
IN_A_LINK = re.compile(rb'"(?:next|previous)"\s*:\s*"(?:[^"\\]|\\.)*"')
PAGING = re.compile(rb'"paging"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}')
CREDENTIAL = re.compile(rb'((?:access_token|appsecret_proof)(?:=|%3[Dd]))(?!\[redacted\])(?:(?!%26)[^&"\\])+')


@dataclass(frozen=True, slots=True)
class Row:
    """A record that is only counted."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """Where the next page starts."""

    after: str | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """`next` is there as long as there is a next page, even after a short or empty one."""

    cursors: Cursors = field(default_factory=Cursors)
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list."""

    data: list[Row]
    paging: Paging = field(default_factory=Paging)


@dataclass(slots=True)
class PageSize:
    """How many rows a page is asked for: half as many where that was too much, twice as many after a good page."""

    now: int
    most: int

    def shrink(self) -> bool:
        """Ask for half as many from now on; whether there is anything less to ask for."""
        if self.now <= SMALLEST_PAGE:
            return False
        self.now = self.most = max(SMALLEST_PAGE, self.now // 2)
        return True

    def grow(self) -> None:
        """Ask for twice as many, up to what was not too much."""
        self.now = min(self.most, self.now * 2)


@dataclass(slots=True)
class Graph:
    """The Graph API, as one stream asks it. `proof` is sent with each request and written down with none.

    `told` is what was told of the source in this run, so that nothing is told twice.
    """

    api: "Api"
    version: str
    proof: Mapping[str, str]
    told: set[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of the last answer."""

    def path(self, edge: str) -> str:
        """The path of a node or an edge."""
        return f"/{self.version}/{edge}"

    def get(self, edge: str, params: Mapping[str, str], operation: str, envelope: type[T]) -> "Answer[T]":
        """One answer about a node or an edge."""
        answer = self.api.get(
            self.path(edge),
            dict(params) | dict(self.proof),
            operation=operation,
            envelope=envelope,
            records=lambda said: len(said.data) if isinstance(said, Listing) else 1,
        )
        self._heed(answer.headers)
        return answer

    @property
    def answered_by(self) -> str | None:
        """The version that gave the last answer, where it says so."""
        version = self.headers.get("facebook-api-version")
        return quoted(version) if version else None

    def start(self, edge: str, params: Mapping[str, str], operation: str, envelope: type[T]) -> "Answer[T]":
        """What Meta says of a thing that it was asked to start."""
        fields = dict(params) | dict(self.proof)
        answer = self.api.form(self.path(edge), fields, operation=operation, envelope=envelope)
        self._heed(answer.headers)
        return answer

    def tell(self, code: str, message: str) -> None:
        """Tell a person, once in a run."""
        if message not in self.told:
            self.told.add(message)
            self.api.watch.notice(code, f"meta {message}")

    def tell_quota(self) -> None:
        """Tell what the last answer left of each limit."""
        if quota := left(self.headers):
            self.api.watch.quota(quota)

    def _heed(self, headers: Mapping[str, str]) -> None:
        """Notice where another version answers: one that has ended is replaced by the next without an error."""
        self.headers = headers
        if (version := self.answered_by) not in {None, self.version}:
            self.tell("api_version", f"answers with version {version}, growthos asks for {self.version}")
        elif warning := headers.get("x-ad-api-version-warning"):
            self.tell("api_version", f"says of version {self.version}: {quoted(warning)}")

    def pages(self, edge: str, operation: str, params: Mapping[str, str], size: PageSize) -> Iterator[Page]:
        """Every page of an edge; smaller ones where Meta finds them too large.

        Only the cursor is taken of Meta's links, so that no other host is asked and no token is sent in an address.
        """
        after, trail = None, Trail("meta", operation)
        while True:
            asked = dict(params) | {"limit": str(size.now)} | ({"after": after} if after else {})
            try:
                answer = self.get(edge, asked, operation, Listing)
            except ShrinkError:
                if not size.shrink():
                    raise
                continue
            size.grow()
            count, paging = len(answer.said.data), answer.said.paging
            yield self.page(operation, edge, asked, answer, count)
            if not paging.next:
                return
            after = trail.step(paging.cursors.after or _after(paging.next), PAGING.sub(b"", answer.body), count)

    def page(
        self,
        name: str,
        edge: str,
        params: Mapping[str, str],
        answer: "Answer[T]",
        records: int,
        *,
        time_zone: str | None = None,
    ) -> Page:
        """An answer as it is kept."""
        body, cuts = self._without_credentials(answer.body)
        return Page(
            stream=name,
            body=body,
            request=f"GET {self.path(edge)} {json.dumps(dict(params))}",
            status=answer.status,
            records=records,
            time_zone=time_zone,
            redactions=cuts,
        )

    def _without_credentials(self, body: bytes) -> tuple[bytes, int]:
        """The body without the token that Meta writes into the links to other pages."""
        body, cuts = self.api.secrets.body(body)

        def cut(link: re.Match[bytes]) -> bytes:
            nonlocal cuts
            text, count = CREDENTIAL.subn(rb"\1[redacted]", link[0])
            cuts += count
            return text

        return IN_A_LINK.sub(cut, body), cuts


def _after(link: str) -> str | None:
    """The cursor that only the link names."""
    return next(iter(parse_qs(urlsplit(link).query).get("after", ())), None)
