"""Jobs in threads of their own: results as they come; the first failure ends all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
GRACE_SECONDS = 2.0


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

    Where a job raises, or a signal comes, `stop` is set, the other jobs are given a moment to notice, and the exception
    goes on its way.
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
            yield ended.get().result()
    except BaseException:
        stop.set()
        for thread in threads:
            thread.join(GRACE_SECONDS)
        raise
