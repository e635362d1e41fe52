"""A small demo shop whose truth may change between two syncs, and what the syncs ask for."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_shop import START, marts, small_shop

from growthos import demo, pipeline, settings
from growthos.clock import DemoClock
from growthos.connectors import find
from growthos.connectors.api import Api
from growthos.home import Home
from growthos.losses import losses
from growthos.outcome import SyncReport
from growthos.state import State
from growthos.sync import Run, SourceReport, read_source

RANGE = re.compile(r"BETWEEN '([\d-]+)' AND '([\d-]+)'")
Days = tuple[date, date]


@dataclass
class Stage:
    """`shop` is the truth that the faces tell; `refuse` gets a request's source and days and may answer in their place.

    `asked` holds the source and days of each report that was asked for, `requests` and `addresses` the
    source and the address of every request.
    """

    root: Path
    patch: pytest.MonkeyPatch
    history: int = 14
    shop: Any = field(default_factory=small_shop)
    refuse: Callable[[str, Days | None], httpx.Response | None] = lambda _source, _days: None
    now: datetime = START
    zone: str = "UTC"
    asked: list[tuple[str, Days]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def sync(self, *sources: str, home: Path | None = None, **asked: Any) -> SyncReport:
        """One sync of what is due, by a clock that stands at `now`, with what it asked noted from the start."""
        self.asked, self.requests, self.addresses = [], [], []
        plain = demo.transport
        with self.patch.context() as patch:
            patch.setattr(demo, "make_shop", lambda _: self.shop)
            patch.setattr(demo, "transport", lambda shop, now: self._watched(plain(shop, now)))
            return pipeline.sync(
                Home(home or self.root),
                self.settings(),
                DemoClock(self.now),
                pipeline.Asked(sources=sources, **asked),
                pipeline.Watcher(),
                demo_seed=demo.SEED,
            )

    def read(self, source: str, since: date | None = None, until: date | None = None) -> SourceReport:
        """What a sync does before it builds anything, with one source."""
        self.asked, self.requests, self.addresses = [], [], []
        clock, state = DemoClock(self.now), self.state()
        run = Run(
            root=self.root / "raw",
            state=state,
            clock=clock,
            now=clock.now(),
            number=state.last_run + 1,
            run_id=f"{state.last_run + 1:016x}",
            client_zone=self.zone,
            since=since,
            until=until,
            history=self.history,
            on_page=lambda *_: None,
            lost=losses(Home(self.root), state),
        )
        connector = find()[source](settings.demo().sources[source])
        faces = self._watched(demo.transport(lambda: self.shop, clock.now))
        with Api(connector, transport=faces, clock=clock) as api:
            return read_source(connector, api, run)

    def settings(self) -> settings.Settings:
        given = settings.demo()
        return given.model_copy(update={"sync": settings.Sync(history=self.history), "reporting_timezone": self.zone})

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)

    def ranges(self, source: str) -> list[Days]:
        """The days of the reports that the last sync asked a source for, each once, in order."""
        return list(dict.fromkeys(days for name, days in self.asked if name == source))

    def marts(self) -> dict[str, tuple[int, int]]:
        return marts(self.root)

    def fresh(self) -> dict[str, tuple[int, int]]:
        """The marts of a home that begins on the same day and knows only the truth as it is now."""
        home = self.root.with_name(f"{self.root.name}-fresh-{self.now:%m%d}")
        assert self.sync(home=home, since=START.date() - timedelta(days=self.history)).exit_code == 0
        return marts(home)

    def state(self) -> State:
        return State.read(self.root / "raw")[0]

    def _watched(self, inner: httpx.BaseTransport) -> httpx.BaseTransport:
        def handle(request: httpx.Request) -> httpx.Response:
            source = next((name for name, face in demo.FACES.items() if request.url.host in face.HOSTS), "token")
            source = "token" if request.url.path.endswith("/access_token") else source
            days = days_of(request)
            self.requests.append(source)
            self.addresses.append(str(request.url))
            if days:
                self.asked.append((source, days))
            return self.refuse(source, days) or inner.handle_request(request)

        return httpx.MockTransport(handle)


def days_of(request: httpx.Request) -> Days | None:
    """The days of a report that a request asks for."""
    if "time_range" in request.url.params:
        given = json.loads(request.url.params["time_range"])
        return date.fromisoformat(given["since"]), date.fromisoformat(given["until"])
    if request.url.path.endswith(":runReport"):
        [given] = json.loads(request.content)["dateRanges"]
        return date.fromisoformat(given["startDate"]), date.fromisoformat(given["endDate"])
    if request.url.path.endswith(":searchStream") and (found := RANGE.search(json.loads(request.content)["query"])):
        return date.fromisoformat(found[1]), date.fromisoformat(found[2])
    return None


@pytest.fixture(scope="session")
def synced_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A home that two weeks of the shop were synced into; nobody writes to it."""
    with pytest.MonkeyPatch.context() as patch:
        stage = Stage(tmp_path_factory.mktemp("stage") / "synced", patch)
        assert stage.sync().exit_code == 0
        yield stage


@pytest.fixture
def copied_stage(synced_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A copy of it, to do something to."""
    shutil.copytree(synced_stage.root, tmp_path / "home")
    return Stage(tmp_path / "home", monkeypatch, now=synced_stage.now)
