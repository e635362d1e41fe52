"""Which sources are signed in with Google, in how few consents, and what of it is kept in the home."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from growthos import folders
from growthos.asked import check
from growthos.connectors import find
from growthos.errors import SettingsError, UsageError
from growthos.home import Home

if TYPE_CHECKING:
    from growthos.settings import Settings

CLIENT: Final = ("client_id", "client_secret")
TOKEN: Final = "refresh_token"  # noqa: S105 - its name
HOW: Final = (
    "In the Google Cloud console, under Clients, make an OAuth client of the type Desktop app, download its JSON, and"
    " run `growthos login {names} --client FILE`."
)


@dataclass(frozen=True, slots=True)
class Consent:
    """One page of Google's: a client, the sources that have it, and all that is asked for them.

    `new`: whether the client was not among the settings before.
    """

    client_id: str
    client_secret: str = field(repr=False)
    sources: tuple[str, ...]
    new: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(scope for name in self.sources for scope in find()[name].scopes))

    def kept(self, token: str) -> dict[str, dict[str, str]]:
        """What is kept for each source, by setting name."""
        client = {"client_id": self.client_id, "client_secret": self.client_secret} if self.new else {}
        return {name: {**client, TOKEN: token} for name in self.sources}


def consents(
    home: Home,
    settings: "Settings",
    origins: Mapping[str, Mapping[str, str]],
    asked: Sequence[str],
    file: Path | None = None,
) -> tuple[Consent, ...]:
    """What is to be agreed to for the sources of these names, else for those that have a client.

    `file` is an OAuth client as downloaded; without names it is for the sources whose account is set. Whatever would
    keep the access from being used or written is told now, before anybody signs in for nothing.
    """
    names = _named(settings, asked, file)
    _may_be_kept(home, origins, names, (*CLIENT, TOKEN) if file else (TOKEN,))
    if file:
        from growthos.connectors import google_files

        return (Consent(*google_files.client(file), names, new=True),)
    grouped: dict[tuple[str, str], list[str]] = {}
    for name in names:
        values = settings.sources.get(name, {})
        find()[name](values)
        grouped.setdefault((values["client_id"], values["client_secret"]), []).append(name)
    return tuple(Consent(one, secret, tuple(sources)) for (one, secret), sources in grouped.items())


def sign_in(
    home: Home, settings: "Settings", consent: Consent, show: Callable[[str], None], patience: float
) -> tuple["Settings", tuple[str, ...]]:
    """Sign in, and keep the access in the home's .env: the settings with it, and the variables that were kept."""
    from growthos.connectors import google_sign_in
    from growthos.settings.keeping import keep

    address = settings.sources.get(consent.sources[0], {}).get("oauth_token_url", "")
    token = google_sign_in.sign_in(
        consent.client_id, consent.client_secret, consent.scopes, show=show, patience=patience, token_address=address
    )
    new = consent.kept(token)
    variables = {_variables(name)[one]: value for name, values in new.items() for one, value in values.items()}
    keep(home, variables)
    sources = {**settings.sources, **{name: {**settings.sources.get(name, {}), **new[name]} for name in new}}
    return settings.model_copy(update={"sources": sources}), tuple(variables)


def outweighed(variables: Sequence[str], origins: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Those of the variables that the environment sets as well, which wins over .env."""
    places = {variable: origin for found in origins.values() for variable, origin in found.items()}
    for one in variables:
        if places.get(one) == "environment":
            yield one
        elif places.get(one) == f"{one}_FILE in environment":
            yield f"{one}_FILE"


def _named(settings: "Settings", asked: Sequence[str], file: Path | None) -> tuple[str, ...]:
    check(asked)
    known = find()
    for name in asked:
        if not known[name].scopes:
            raise UsageError(
                f"{name} has no sign-in in a browser.",
                hint=f"Set {', '.join(known[name].missing({}))} in the home's .env; `growthos explain {name}` says"
                " what they are, the README where they come from.",
            )
    ways = tuple(name for name, one in known.items() if one.scopes)
    if file:
        with_account = tuple(name for name in ways if _account(settings, name))
        if names := tuple(dict.fromkeys(asked)) or with_account:
            return names
        raise UsageError(
            "--client without a source is for those whose account is set, and none is.",
            hint=f"Name the sources: `growthos login {' '.join(ways)} --client {file}`.",
        )
    ready = tuple(name for name in ways if not _lacking(settings, name))
    for name in asked:
        if name not in ready:
            needs = " and ".join(_lacking(settings, name))
            raise SettingsError(f"{name} has no OAuth client; still to be set: {needs}.", hint=HOW.format(names=name))
    if not ready:
        needs = ", or ".join(" and ".join(_lacking(settings, name)) for name in ways)
        raise SettingsError(
            f"No source has an OAuth client; still to be set: {needs}.", hint=HOW.format(names=" ".join(ways))
        )
    return tuple(dict.fromkeys(asked)) or ready


def _account(settings: "Settings", name: str) -> bool:
    values = settings.sources.get(name, {})
    return all(values.get(one.name) for one in find()[name].settings if one.required)


def _lacking(settings: "Settings", name: str) -> tuple[str, ...]:
    """The variables of its client that are not set."""
    values = settings.sources.get(name, {})
    return tuple(_variables(name)[one] for one in CLIENT if not values.get(one))


def _variables(name: str) -> dict[str, str]:
    """The variables of a source, by setting name."""
    return {one.name: one.env for one in find()[name].settings}


def _may_be_kept(
    home: Home, origins: Mapping[str, Mapping[str, str]], names: Sequence[str], settings: Sequence[str]
) -> None:
    folders.check(home)
    for name in names:
        for variable in (_variables(name)[one] for one in settings):
            if origins.get(name, {}).get(variable) == f"{variable}_FILE in .env":
                raise SettingsError(
                    f"{variable} comes from the file that {variable}_FILE names in .env, and cannot stand beside it.",
                    hint=f"Take the line {variable}_FILE out of {home.env}, then sign in again.",
                )
