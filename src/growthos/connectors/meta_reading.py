"""How a daily report is read: at once, where that is too much in parts, and where a day is too much in the background.

Calls are counted, not rows, so that pages are made smaller only where Meta asks for less data, and larger again after.
"""

from collections.abc import Iterator

from growthos.connectors import meta_runs
from growthos.connectors.days import halves
from growthos.connectors.meta_pages import SMALLEST_PAGE, Graph, PageSize
from growthos.connectors.meta_reports import ROWS_PER_PAGE, Report
from growthos.connectors.refusals import ShrinkError
from growthos.connectors.terms import Page
from growthos.period import Period


def read(graph: Graph, account: str, report: Report, days: Period, heavy: set[tuple[str, str]]) -> Iterator[Page]:
    """Every page of a report. After the first day that is too much by itself, the rest is made in the background.

    `heavy` names the accounts and streams for which that was so in this run: their other ranges are not tried at once,
    since each try is a call.
    """
    if (account, report.stream) in heavy:
        yield from meta_runs.read(graph, account, report, days)
        return
    waiting, size = [days], PageSize(ROWS_PER_PAGE, ROWS_PER_PAGE)
    while waiting:
        days = waiting.pop(0)
        try:
            yield from graph.pages(f"act_{account}/insights", report.stream, report.params(days), size)
        except ShrinkError:
            if (cut := halves(days)) is None:
                heavy.add((account, report.stream))
                rest = Period(days.first, waiting[-1].last if waiting else days.last)
                yield from meta_runs.read(graph, account, report, rest)
                return
            waiting[:0] = cut
            # A small page tells at once whether the half is too much as well; after a good one they grow again.
            size = PageSize(SMALLEST_PAGE, ROWS_PER_PAGE)
