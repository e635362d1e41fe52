"""What was found out, good or bad, as a table; below it, one by one, what is to be done."""

from collections.abc import Iterator, Sequence

from growthos.connectors.terms import Finding
from growthos.render.pages import Cell, Note, Tone
from growthos.render.text import LONGEST, clean

TONES: dict[str, Tone] = {"ok": "good", "warning": "warn", "error": "bad"}
SHORT = 50


def state(finding: Finding) -> Cell:
    """Ok, warning or error, in its colour."""
    return Cell(finding.state, TONES[finding.state])


def short(finding: Finding) -> str:
    """What was found, as far as a table has room for it: what is wrong stands below the table in full."""
    return clean(finding.said, limit=LONGEST if finding.state == "ok" else SHORT)


def tally(findings: Sequence[Finding]) -> str:
    """`all is well`, or how many errors and warnings there are."""
    counts = ((word, sum(one.state == word for one in findings)) for word in ("error", "warning"))
    wrong = [f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts if count]
    return " and ".join(wrong) or "all is well"


def advice(whose: str, finding: Finding) -> Iterator[Note]:
    """What is wrong, in full, and what to do about it; nothing where all is well."""
    if finding.state == "ok":
        return
    tone = TONES[finding.state]
    said = clean(finding.said, limit=None)
    yield Note(said if whose and said.startswith(whose) else f"{whose}: {said}", tone)
    for line in finding.hint.splitlines():
        yield Note(f"  {clean(line, limit=None)}", tone)
