"""Jobs in threads of their own: results as they come; the first failure ends all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Generic, TypeVar

from growthos import interrupt

T = TypeVar("T")
GRACE_SECONDS = 1.0
TICK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Ended(Generic[T]):
    results: tuple[T, ...] = ()
    error: BaseException | None = None

    def result(self) -> T:
        if self.error is not None:
            raise self.error
        return self.results[0]


def side_by_side(jobs: Sequence[Callable[[], T]], stop: Event) -> Iterator[T]:
    """Do all jobs at once and yield what each returns when it has ended.

    Where a job raises, or the run is to end, `stop` is set, the other jobs are given a moment to notice, and the
    exception goes on its way.
    """
    ended: SimpleQueue[_Ended[T]] = SimpleQueue()

    def work(job: Callable[[], T]) -> None:
        try:
            ended.put(_Ended((job(),)))
        except BaseException as error:  # noqa: BLE001 - it is raised again where somebody waits
            ended.put(_Ended(error=error))

    threads = [Thread(target=work, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        for _ in jobs:
            yield _next(ended).result()
    except BaseException:
        stop.set()
        until = monotonic() + GRACE_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - monotonic()))
        raise


def _next(ended: "SimpleQueue[_Ended[T]]") -> _Ended[T]:
    while True:
        interrupt.check()
        try:
            return ended.get(timeout=TICK_SECONDS)
        except Empty:
            continue
