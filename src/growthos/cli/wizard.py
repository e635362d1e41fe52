"""The conversation in which a home is set up: one source at a time, each tested at once and kept before the next."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

import typer

from growthos import render, setting_up, settings
from growthos.cli import process
from growthos.cli.asking import Asker
from growthos.cli.session import Session
from growthos.connections import DENIED, Look
from growthos.connectors import find
from growthos.connectors.base import Connector
from growthos.connectors.terms import Setting, Way
from growthos.errors import GrowthError, SettingsError, UsageError
from growthos.redact import SECRETS
from growthos.render import init_page as page

if TYPE_CHECKING:
    from growthos.settings import Settings


class SkippedError(Exception):
    """Somebody would rather not answer."""


@dataclass
class Wizard:
    """Asks until nobody wants to connect another source. `kept` is what was written, in order, mostly sources."""

    session: Session
    asker: Asker
    test: bool
    kept: list[str] = field(default_factory=list)
    looks: dict[str, Look] = field(default_factory=dict)

    def run(self, names: Sequence[str]) -> None:
        """Ask for these sources, or where none is named for those that are chosen; look first at the others."""
        process.close_memory()
        known = self._known()
        self._look({name: known.sources[name] for name in settings.connected(known) if name not in names})
        for name in names:
            self._connect(name)
        while not names and (chosen := self._choice()):
            self._connect(chosen)

    def general(self, said: Container[str]) -> setting_up.Writing:
        """The zone and the currency of the reports, unless they were said before or there is nothing to report."""
        looks, toml = self.looks.values(), dict[setting_up.Key, str]()
        if not settings.connected(self._known()):
            return setting_up.Writing()
        if "reporting_timezone" not in said:
            proposal = setting_up.zone(looks)
            toml |= self._general("Time zone of the reports", "reporting_timezone", proposal, "UTC")
        if "currency" not in said:
            proposal = setting_up.currency(looks)
            if proposal and proposal.final:
                render.remark(f"Currency of the reports: {proposal.value}, as {proposal.source} counts.")
                toml["currency",] = proposal.value
            else:
                toml |= self._general("Currency of the reports", "currency", proposal, "")
        return setting_up.Writing(toml=toml)

    def _known(self) -> "Settings":
        return settings.load(self.session.home, self.session.environ, partly=True)

    def _origins(self, name: str) -> Mapping[str, str]:
        return settings.whence(self.session.home, self.session.environ).get(name, {})

    def _look(self, sources: Mapping[str, Mapping[str, str]]) -> None:
        """Ask these sources, and show what they said."""
        if not sources or not self.test:
            return
        render.asking()
        looks = setting_up.look(self.session.home, self._known(), self.session.clock, sources)
        self.looks |= {one.source: one for one in looks}
        page.looked(looks)

    def _choice(self) -> str | None:
        """A source that is not connected or does not let us in; None where that was enough."""
        ready = settings.connected(self._known())
        failing = {name for name, look in self.looks.items() if look.failures}
        left = {name: one for name, one in find().items() if name not in ready or name in failing}
        if not left:
            return None
        standing = {name: "set, and not let in" if name in ready else "not connected" for name in left}
        typer.echo(err=True)
        page.choices([(name, one.title, standing[name]) for name, one in left.items()])
        names = {word: name for name, one in find().items() for word in (name, one.title.lower())}
        while given := self.asker.ask("Its number or name; Enter alone ends: ").lower():
            if given.isdecimal() and 0 < int(given) <= len(left):
                return list(left)[int(given) - 1]
            if name := names.get(given):
                return name
            near = get_close_matches(given, names, 1)
            render.remark(f"There is no such source.{f' Did you mean {near[0]}?' if near else ''}", "warn")
        return None

    def _connect(self, name: str) -> None:
        """Ask for the settings of a source until it lets us in, or what was said is to be kept anyway, or skipped."""
        source, answers, word, looked = find()[name], dict[str, str](), "e", self.looks.copy()
        try:
            while word == "e":
                way, answers = self._answers(source, answers)
                word = "k"
                if not self._lets_in(source, way, answers):
                    word = self.word("Enter it again (e), keep it anyway (k) or skip this source (s)? [e] ", "eks")
        except SkippedError:
            word = "s"
        if word == "s":
            self.looks = looked
            render.remark(f"{name} is left as it was.", "dim")
            return
        origins = self._origins(name)
        self.keep(setting_up.writing(source, way, answers, origins), name)
        for variable, place in setting_up.left(source, way, origins).items():
            render.remark(
                f"{variable} is still set: {place}. Take it out there, or it may count in place of these.", "warn"
            )

    def _answers(self, source: type[Connector], before: Mapping[str, str]) -> tuple[Way | None, dict[str, str]]:
        """How the source lets us in, and what is said for each of its settings; what the environment says stays.

        `before` is what was said the last time, which Enter says again.
        """
        known, origins = self._known(), self._origins(source.name)
        values = {**known.sources.get(source.name, {}), **before}
        typer.echo(err=True)
        way = self._way(source, values)
        values, answers = setting_up.candidate(source, way, values), dict[str, str]()
        for one in setting_up.questions(source, way):
            if (place := origins.get(one.env)) and place not in setting_up.OURS:
                render.remark(f"{one.env} is set already: {place}.", "dim")
            elif way and way.signs_in and one.name == way.settings[-1]:
                answers[one.name] = self._signed_in(source, way, {**values, **answers}, before)
            elif answer := self._answer(source, one, {**values, **answers}, needed=setting_up.needed(one, way)):
                answers[one.name] = answer
        return way, answers

    def _signed_in(
        self, source: type[Connector], way: Way, values: Mapping[str, str], before: Mapping[str, str]
    ) -> str:
        """What signing in brings, or brought a moment ago with the same client."""
        from growthos.cli.login import show

        *client, token = way.settings
        same = all(before.get(name) == values.get(name) for name in client)
        if before.get(token) and same and self.word("Keep that sign-in (k) or sign in again (s)? [k] ", "ks") == "k":
            return before[token]
        while True:
            try:
                return setting_up.sign_in(source, way, values, show)
            except GrowthError as error:
                self._tell(error)
            if self.word("Sign in again (a) or skip this source (s)? [a] ", "as") == "s":
                raise SkippedError

    def _way(self, source: type[Connector], values: Mapping[str, str]) -> Way | None:
        if not source.ways:
            render.remark(source.title, "strong")
            return None
        env = {one.name: one.env for one in source.settings}
        page.ways(source.title, source.ways, [", ".join(env[name] for name in way.settings) for way in source.ways])
        usual = setting_up.likely(source, values) + 1
        numbers = "".join(str(number) for number in range(1, len(source.ways) + 1))
        return source.ways[int(self.word(f"Which of them? [{usual}] ", numbers, str(usual))) - 1]

    def _answer(self, source: type[Connector], one: Setting, values: Mapping[str, str], *, needed: bool) -> str:
        """A value that can be right; nothing where none is wanted, and SkippedError where one is needed."""
        page.setting(one, needed=needed)
        old = values.get(one.name, "")
        asks = "not shown" if one.secret else ""
        enter = "Enter keeps the one that is set" if old and one.secret else f"Enter: {old}" if old else ""
        enter = enter or ("Enter alone skips this source" if needed else "Enter leaves it out")
        while True:
            given = self.asker.ask(f"  ({', '.join(part for part in (asks, enter) if part)}) > ", hidden=one.secret)
            if one.secret:
                SECRETS.learn(given)
            if not given and needed and not old:
                raise SkippedError
            if not given:
                return old
            try:
                return setting_up.checked(source, one, given, values)
            except SettingsError as error:
                self._tell(error)

    def _lets_in(self, source: type[Connector], way: Way | None, answers: Mapping[str, str]) -> bool:
        known = self._known().sources.get(source.name, {})
        self._look({source.name: {**setting_up.candidate(source, way, known), **answers}})
        if not self.test:
            return True
        failures = self.looks[source.name].failures
        if failures:
            said = "did not let growthos in" if failures & DENIED else "gave no answer to rely on"
            render.remark(f"{source.title} {said}.", "bad")
        return not failures

    def keep(self, new: setting_up.Writing, what: str) -> None:
        """Show what is new, and write it; there is a growthos.toml afterwards in any case."""
        home = self.session.home
        new, was_there = setting_up.differs(home, new), home.settings.exists()
        page.writing(setting_up.shown(home, new))
        setting_up.write(home, self.session.environ, new)
        if new.env or new.toml:
            self.kept.append(what)
            render.remark("Kept.", "good")
        elif not was_there:
            page.written(home.settings, new, setting_up.Writing(), was_there=False)

    def _general(
        self, question: str, key: str, proposal: setting_up.Proposal | None, default: str
    ) -> Mapping[setting_up.Key, str]:
        usual = proposal.value if proposal else default
        enter = f"{usual}, as {proposal.source} has it" if proposal else usual or "Enter: the sources' own"
        while True:
            given = self.asker.ask(f"{question} [{enter}]: ") or usual
            try:
                return setting_up.general(question, key, given).toml if given else {}
            except UsageError as error:
                self._tell(error)

    def word(self, question: str, letters: str, default: str = "") -> str:
        """One of these letters, the first where nothing else is usual."""
        while (given := self.asker.ask(question).lower() or default or letters[0]) not in list(letters):
            render.remark(f"It is one of {', '.join(letters)}.", "warn")
        return given

    @staticmethod
    def _tell(error: GrowthError) -> None:
        render.remark(error.message, "bad")
        for line in error.hint.splitlines():
            render.remark(f"  {line}", "bad")
