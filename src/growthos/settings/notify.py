"""The settings of what is told, and where: the tables below [notify], and the addresses that [sync] pings."""

from collections.abc import Mapping
from typing import Any

from growthos.connectors.address import link
from growthos.connectors.terms import Setting
from growthos.errors import SettingsError
from growthos.home import Home
from growthos.settings.origins import Env, Problems, Toml, unknown
from growthos.settings.sources import Reader, open_secrets, read_sources

PREFIX = "GROWTHOS_"
HEARTBEAT = (
    Setting(
        "heartbeat_url",
        "GROWTHOS_HEARTBEAT_URL",
        "Address that is asked after every sync that went well.",
        secret=True,
        link=True,
    ),
    Setting(
        "heartbeat_fail_url",
        "GROWTHOS_HEARTBEAT_FAIL_URL",
        "Address that is asked after every other sync.",
        secret=True,
        link=True,
    ),
)


def declared(toml: Toml, env: Env, environ: Mapping[str, str]) -> dict[str, tuple[Setting, ...]]:
    """What may be set, by table; the targets are looked up only where something of theirs is."""
    if not toml.values.get("notify") and not any(name.startswith(PREFIX) for name in (*env.values, *environ)):
        return {"sync": HEARTBEAT}
    from growthos.notify import TARGETS

    return {"sync": HEARTBEAT, **{f"notify.{name}": target.settings for name, target in TARGETS.items()}}


def read_targets(
    home: Home, toml: Toml, env: Env, environ: Mapping[str, str], problems: Problems, *, partly: bool = False
) -> dict[str, dict[str, str]]:
    """What is set for each target, by setting name; with `partly`, one that still lacks something is nothing wrong."""
    given = toml.values.get("notify", {})
    if not isinstance(given, dict):
        problems.add(toml.where("notify"), "is a table: write [notify.slack]")
        return {}
    if len(declared(toml, env, environ)) == 1:
        return {}
    from growthos.notify import TARGETS

    for name in given:
        if name not in TARGETS:
            problems.add(toml.where("notify", name), unknown(name, TARGETS, "target"))
    known = {f"notify.{name}": target for name, target in TARGETS.items()}
    found = read_sources(known, home, toml, env, environ, problems, partly=partly, besides=HEARTBEAT)
    return {name.removeprefix("notify."): values for name, values in found.items() if not known[name].missing(values)}


def read_heartbeat(home: Home, toml: Toml, env: Env, environ: Mapping[str, str], problems: Problems) -> dict[str, str]:
    """The addresses that a sync pings, by setting name."""
    table = toml.values.get("sync")
    reader = Reader(home, toml, (Env("environment", environ), env), problems)
    found = {}
    for one in HEARTBEAT:
        value = reader.read("sync", one, table if isinstance(table, dict) else {})
        if value:
            found[one.name] = value
            try:
                link(value, one.env)
            except SettingsError as error:
                problems.add("sync", error.message)
    open_secrets({"sync": HEARTBEAT}, home, toml, env, problems)
    return found


def without_heartbeat(general: Mapping[str, Any]) -> dict[str, Any]:
    """The other settings: what `read_heartbeat` reads is taken out of [sync]."""
    table = general.get("sync")
    if not isinstance(table, dict):
        return dict(general)
    own = {name for one in HEARTBEAT for name in (one.name, f"{one.name}_file")}
    return {**general, "sync": {key: value for key, value in table.items() if key not in own}}
