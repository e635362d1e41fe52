"""What is shown of a home itself: its sources, runs, checks and files, and what was done to them."""

from pathlib import Path
from typing import TYPE_CHECKING

from growthos.render.remarks import schedule_warnings

if TYPE_CHECKING:
    from growthos.connections import Connections
    from growthos.doctor import Diagnosis
    from growthos.drift import Drift
    from growthos.estimate import Estimate
    from growthos.last_build import LastBuild
    from growthos.past_runs import PastRun, PastRuns
    from growthos.pruning import Pruning
    from growthos.redaction import Redaction
    from growthos.render.output import Style
    from growthos.restatements import Restatements
    from growthos.schedule import Part, Schedule
    from growthos.settings.in_force import AllInForce
    from growthos.status import Status
    from growthos.verify import Verification


def connections(found: "Connections", style: "Style" = "table", output: Path | None = None) -> None:
    """The sources, or what a look at them found."""
    from growthos.render import connections_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.fields(found), lambda: view.records(found))


def settings(found: "AllInForce", style: "Style" = "table", output: Path | None = None) -> None:
    """The settings that are in force."""
    from growthos.render import settings_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def diagnosis(found: "Diagnosis", style: "Style" = "table", output: Path | None = None) -> None:
    """What the doctor found."""
    from growthos.render import doctor_page as view
    from growthos.render.output import deliver

    records = [one.as_json() for one in found.remarks]
    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: records)


def status(found: "Status", style: "Style" = "table", output: Path | None = None) -> None:
    """How far each source is read, what is unfinished, and what to do next."""
    from growthos.render import status_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def restatements(found: "Restatements", style: "Style" = "table", output: Path | None = None) -> None:
    """What the sources told anew of days that were over."""
    from growthos.render import restatement_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def estimate(found: "Estimate", style: "Style" = "table") -> None:
    """How many requests and minutes a sync would cost."""
    from growthos.render import estimate_page as view
    from growthos.render.output import deliver

    deliver(style, None, lambda: view.page(found), found.as_json, view.FIELDS, lambda: view.records(found))


def checks(last: "LastBuild", style: "Style" = "table", output: Path | None = None) -> None:
    """The checks of the last build."""
    from growthos.render import check_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(last), last.as_json, view.FIELDS, lambda: view.records(last))


def past_runs(found: "PastRuns", style: "Style" = "table", output: Path | None = None, *, demo: bool = False) -> None:
    """The last runs."""
    from growthos.render import runs_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found, demo=demo), found.as_json, view.FIELDS, lambda: view.records(found))


def past_run(run: "PastRun", style: "Style" = "table", output: Path | None = None, *, demo: bool = False) -> None:
    """One run in full."""
    from growthos.render import runs_page as view
    from growthos.render.output import deliver

    records = view.source_records(run)
    deliver(style, output, lambda: view.in_full(run, demo=demo), run.in_full, view.SOURCE_FIELDS, lambda: records)


def schema(found: "Drift", style: "Style" = "table", output: Path | None = None) -> None:
    """How the sources' answers have changed their form."""
    from growthos.render import schema_page as view
    from growthos.render.output import deliver

    records = [one.as_json() for one in found.changes]
    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: records)


def verification(found: "Verification", style: "Style" = "table", output: Path | None = None) -> None:
    """What is damaged, and what was lost and not read again."""
    from growthos.render import verify_page as view
    from growthos.render.output import deliver

    records = [one.as_json() for one in found.findings]
    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: records)


def pruning(found: "Pruning", style: "Style" = "table", output: Path | None = None) -> None:
    """What a prune lets go, or has let go."""
    from growthos.render import prune_page as view
    from growthos.render.output import deliver

    records = [one.as_json() for one in found.streams]
    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: records)


def redaction(found: "Redaction", style: "Style" = "table", output: Path | None = None) -> None:
    """What there is of a person, or was until it was taken out."""
    from growthos.render import redact_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found), found.as_json, view.FIELDS, lambda: [found.as_json()])


def schedule(found: "Schedule", style: "Style" = "table", output: Path | None = None) -> None:
    """When a home's sync and alerts run by themselves."""
    from growthos.render import schedule_page as view
    from growthos.render.output import deliver

    deliver(style, output, lambda: view.page(found.parts), found.as_json, view.FIELDS, lambda: view.records(found))
    schedule_warnings(found)


def parts(found: "tuple[Part, ...]") -> None:
    """Texts that are to be written or taken away."""
    from growthos.render import schedule_page as view
    from growthos.render.output import show

    show(view.page(found))
