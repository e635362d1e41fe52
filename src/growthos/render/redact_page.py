"""What there is of a person in a home, or was until it was taken out."""

from collections.abc import Iterator

from growthos.redaction import Redaction
from growthos.render.pages import Block, Cell, Column, Heading, Note, Page, Table
from growthos.render.text import clean

COLUMNS = (Column("What"), Column("How many", numeric=True))
FIELDS = ("customer", "done", "orders", "customers", "emails", "files", "texts", "set_aside", "redactions")


def page(found: Redaction) -> Page:
    return tuple(_blocks(found))


def _blocks(found: Redaction) -> Iterator[Block]:
    who = f"customer {clean(found.customer)}" if found.customer else "one e-mail"
    if not found.found:
        yield Heading(
            f"Redact: nothing is here of {who}", "Looked at the raw files, logs, reports, silences and quarantine."
        )
        return
    said = "taken out" if found.done else "found, nothing is changed"
    anew = "The tables are built anew." if found.published else "What is published is still as it was before."
    below = anew if found.done else "Without --dry-run it is taken out; this cannot be undone."
    yield Heading(f"Redact: {who} {said}", below)
    rows = (
        ("Orders that told of the person", found.orders),
        ("Customer records", found.customers),
        ("E-mails", found.emails),
        ("Raw files written anew" if found.done else "Raw files to write anew", found.files),
        ("Logs, reports and silences", found.texts),
        ("Files in quarantine, deleted" if found.done else "Files in quarantine to delete", found.set_aside),
    )
    yield Table("", COLUMNS, tuple((Cell(what), Cell(f"{number:,}")) for what, number in rows))
    if found.done and not found.published:
        yield Note("It still tells of the person: `growthos checks` says what keeps new tables back.", "bad")
    yield Note("Where the shop tells of the person again, a sync says so.", "dim")
    yield Note("Copies of this home, such as backups, are not touched.", "dim")
