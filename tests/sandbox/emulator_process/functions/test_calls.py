"""The order of calls, with threads and a clock that stands still until a test moves it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from sandbox.emulator_process.functions.calls import Calls, Limit, patience
from tests.sandbox.harness import wait_until

SOFT = Limit(2, firm=False)
FIRM = Limit(2, firm=True)


class Clock:
    """Seconds, as a test sets them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Stage:
    """Begins calls in threads. `stall` is real time between two looks at the clock, which is the test's."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.clock = Clock()
        self.calls = Calls(self.clock, stall=0.01)
        self.begun: list[Future[bool]] = []
        self._pool = pool

    def begin(self, limit: Limit, count: int = 1, seconds: float = 0.0) -> None:
        def call() -> bool:
            with patience(seconds):
                return self.calls.begin(limit)

        self.begun += [self._pool.submit(call) for _ in range(count)]

    def admitted(self) -> int:
        return sum(call.done() and call.result() for call in self.begun)

    def throttled(self) -> int:
        return sum(call.done() and not call.result() for call in self.begun)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with ThreadPoolExecutor(64) as pool:
        stage = Stage(pool)
        yield stage
        stage.clock.now += 1_000_000
        while not all(call.done() for call in stage.begun):
            stage.calls.end()


def test_calls_up_to_the_limit_begin_and_the_others_follow_one_by_one(stage: Stage) -> None:
    stage.begin(SOFT, 5)
    for admitted in (2, 3, 4, 5):
        wait_until(lambda admitted=admitted: stage.admitted() == admitted, f"{admitted} calls")  # type: ignore[misc]
        stage.calls.end()

    assert stage.throttled() == 0


def test_where_nothing_moves_the_sandboxs_own_limit_yields_and_holds_again_later(stage: Stage) -> None:
    stage.begin(SOFT, 9)
    wait_until(lambda: stage.admitted() == 2, "the first two")

    stage.clock.now += 1
    wait_until(lambda: stage.admitted() == 4, "two more")
    stage.clock.now += 1
    wait_until(lambda: stage.admitted() == 8, "four more")

    for _ in range(7):
        stage.calls.end()
    wait_until(lambda: stage.admitted() == 9, "the last")
    stage.begin(SOFT, 2)
    stage.calls.end()
    wait_until(lambda: stage.admitted() == 10, "one more, because two may run at once")


def test_a_firm_limit_never_yields(stage: Stage) -> None:
    stage.begin(FIRM, 3, seconds=100)
    wait_until(lambda: stage.admitted() == 2, "the first two")

    stage.clock.now += 99
    stage.begin(FIRM, 1)  # it does not wait, so it has looked at the clock when it is throttled
    wait_until(lambda: stage.throttled() == 1, "the end of one that does not wait")
    assert stage.admitted() == 2

    stage.clock.now += 1
    wait_until(lambda: stage.throttled() == 2, "the end of the one that has waited")


def test_a_call_whose_time_is_over_leaves_its_place_to_the_next(stage: Stage) -> None:
    stage.begin(FIRM, 2)
    wait_until(lambda: stage.admitted() == 2, "the first two")
    stage.begin(FIRM, 1, seconds=10)
    stage.begin(FIRM, 1, seconds=1_000)
    stage.clock.now += 10
    wait_until(lambda: stage.throttled() == 1, "the end of the impatient one")

    stage.calls.end()

    wait_until(lambda: stage.admitted() == 3, "the patient one")


def test_a_function_without_concurrency_is_switched_off(stage: Stage) -> None:
    stage.begin(Limit(0, firm=True), 1, seconds=1_000)

    wait_until(lambda: stage.throttled() == 1, "the end of the call")


def test_a_limit_that_the_user_raises_admits_those_who_wait(stage: Stage) -> None:
    stage.begin(FIRM, 4, seconds=1_000)
    wait_until(lambda: stage.admitted() == 2, "the first two")

    stage.begin(Limit(5, firm=True), 1, seconds=1_000)

    wait_until(lambda: stage.admitted() == 5, "all of them")
