"""Targets that take a letter as JSON over HTTP: Slack, Teams, ntfy, and a webhook of one's own.

What comes from data stands only where the target takes it for text: Slack's `plain_text`, a `TextRun` of Teams, ntfy's
plain message. There no mark makes a mention, a link or a heading of a campaign's name.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from growthos import jsontext
from growthos.clock import Clock
from growthos.connectors.address import link
from growthos.connectors.outward import Parcel, send
from growthos.connectors.terms import Judgement, Setting
from growthos.notify.letters import Letter, Part, shortened
from growthos.notify.targets import Target, least
from growthos.rules import Severity

JSON = {"Content-Type": "application/json; charset=utf-8"}


class Post(Target):
    """A target that is an address."""

    @property
    def address(self) -> str:
        """Where the letter goes."""
        return self.values["url"]

    @property
    def place(self) -> str:
        return Parcel(self.address).host

    @abstractmethod
    def body(self, letter: Letter) -> Mapping[str, Any]:
        """The letter in the target's own form, within its limits."""

    def preview(self, letter: Letter) -> str:
        return jsontext.dumps(self.body(letter))

    def deliver(self, letter: Letter, clock: Clock, seconds: float) -> tuple[Judgement, int | None]:
        return send(Parcel(self.address, _packed(self.body(letter)), self.headers), clock, seconds)

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of the request; a token, where one is set, is one of them."""
        token = self.values.get("token")
        return {**JSON, "Authorization": f"Bearer {token}"} if token else JSON


def _packed(body: Mapping[str, Any]) -> bytes:
    return jsontext.dumps(body, indent=None).encode()


class Slack(Post):
    """An incoming webhook of Slack, or of a chat that takes the same form."""

    name = "slack"
    title = "Slack"
    settings = (
        Setting("url", "GROWTHOS_SLACK_URL", "Address of an incoming webhook.", secret=True, required=True, link=True),
        least("GROWTHOS_SLACK_MIN"),
    )
    example: ClassVar[Mapping[str, str]] = {"url": "https://hooks.slack.com/services/"}
    TITLE: ClassVar[int] = 150
    LINE: ClassVar[int] = 1_400
    """Of the 3,000 characters of a block: two lines, each `&` five characters when it is escaped."""
    PARTS: ClassVar[int] = 20
    """Of the 50 blocks: two for each alert, and a few more."""
    BLOCK: ClassVar[int] = 3_000

    def body(self, letter: Letter) -> Mapping[str, Any]:
        fitted = letter.fitted(lambda one: len(one.parts) <= self.PARTS, self.LINE)
        blocks: list[Mapping[str, Any]] = [{"type": "header", "text": _plain(letter.title, self.TITLE)}]
        blocks.append({"type": "context", "elements": [_plain(letter.about, self.LINE)]})
        for part in fitted.parts:
            blocks.append({"type": "section", "text": _plain(part.heading, self.BLOCK)})
            if part.lines:
                blocks.append({"type": "section", "text": _plain("\n".join(part.lines), self.BLOCK)})
        if fitted.remarks:
            blocks.append({"type": "section", "text": _plain("\n".join(fitted.remarks), self.BLOCK)})
        told = _escaped(shortened(letter.title, self.TITLE))
        return {"text": told, "mrkdwn": False, "parse": "none", "link_names": False, "blocks": blocks}


def _escaped(text: str) -> str:
    """The three characters of which Slack makes mentions and links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str, longest: int) -> Mapping[str, Any]:
    """Text that Slack shows as it is, within a limit that counts what is escaped."""
    room = longest
    while len(told := _escaped(shortened(text, room))) > longest:
        room -= len(told) - longest
    return {"type": "plain_text", "text": told, "emoji": False}


class Teams(Post):
    """A workflow of Microsoft Teams that posts what a webhook brings: an adaptive card."""

    name = "teams"
    title = "Microsoft Teams"
    settings = (
        Setting("url", "GROWTHOS_TEAMS_URL", "Address of a workflow's webhook.", secret=True, required=True, link=True),
        least("GROWTHOS_TEAMS_MIN"),
    )
    example: ClassVar[Mapping[str, str]] = {"url": "https://prod-00.westeurope.logic.azure.com/workflows/"}
    BYTES: ClassVar[int] = 24_000
    """Of the 28 KB of a message, as the card and what Teams puts around it come together."""
    LINE: ClassVar[int] = 3_000
    COLOURS: ClassVar[Mapping[Severity, str]] = {"critical": "Attention", "warning": "Warning", "info": "Default"}

    def body(self, letter: Letter) -> Mapping[str, Any]:
        return self._card(letter.fitted(lambda one: len(_packed(self._card(one))) <= self.BYTES, self.LINE))

    def _card(self, letter: Letter) -> Mapping[str, Any]:
        rows = [_run(letter.title, size="Large", weight="Bolder"), _run(letter.about, isSubtle=True)]
        for part in letter.parts:
            rows.append(_run(part.heading, weight="Bolder", color=self._colour(part)))
            rows += [_run(line) for line in part.lines]
        rows += [_run(remark) for remark in letter.remarks]
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "msteams": {"width": "Full"},
            "body": rows,
        }
        kind = "application/vnd.microsoft.card.adaptive"
        return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}

    def _colour(self, part: Part) -> str:
        return "Good" if part.over else self.COLOURS[part.severity]


def _run(text: str, **look: object) -> Mapping[str, Any]:
    """A line that Teams shows as it is; a `TextBlock` would take it for Markdown."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}


class Ntfy(Post):
    """A topic of ntfy.sh, or of an ntfy server of one's own."""

    name = "ntfy"
    title = "ntfy"
    settings = (
        Setting("topic", "GROWTHOS_NTFY_TOPIC", "The topic; on ntfy.sh one that nobody guesses.", required=True),
        Setting("url", "GROWTHOS_NTFY_URL", "Address of the server; https://ntfy.sh if not set.", shared=True),
        Setting("token", "GROWTHOS_NTFY_TOKEN", "Access token, where the topic wants one.", secret=True),
        least("GROWTHOS_NTFY_MIN"),
    )
    example: ClassVar[Mapping[str, str]] = {"topic": "demo-shop"}
    BYTES: ClassVar[int] = 4_000
    """Of the 4,096 of a message; a longer one becomes a file."""
    TITLE: ClassVar[int] = 150
    LINE: ClassVar[int] = 900
    PRIORITIES: ClassVar[Mapping[Severity | None, int]] = {"critical": 5, "warning": 4, "info": 3, None: 3}
    TAGS: ClassVar[Mapping[Severity | None, str]] = {"critical": "rotating_light", "warning": "warning"}

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        link(self.address, "GROWTHOS_NTFY_URL")

    @property
    def address(self) -> str:
        return self.values.get("url", "https://ntfy.sh")

    def body(self, letter: Letter) -> Mapping[str, Any]:
        fitted = letter.fitted(lambda one: len(one.text.encode()) <= self.BYTES, self.LINE)
        tag = self.TAGS.get(letter.grave)
        return {
            "topic": self.values["topic"],
            "title": shortened(letter.title, self.TITLE),
            "message": fitted.text.rstrip(),
            "priority": self.PRIORITIES[letter.grave],
            "tags": [tag] if tag else [],
        }


class Webhook(Post):
    """An address of one's own that takes JSON; amounts are cents, shares decimals."""

    name = "webhook"
    title = "Webhook"
    settings = (
        Setting("url", "GROWTHOS_WEBHOOK_URL", "Address that takes the JSON.", secret=True, required=True, link=True),
        Setting("token", "GROWTHOS_WEBHOOK_TOKEN", "Sent as a bearer token, where it is set.", secret=True),
        least("GROWTHOS_WEBHOOK_MIN"),
    )
    example: ClassVar[Mapping[str, str]] = {"url": "https://example.com/growthos"}

    def body(self, letter: Letter) -> Mapping[str, Any]:
        return letter.data
