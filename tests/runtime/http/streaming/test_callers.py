from collections.abc import Callable

import pytest

from runtime.http.streaming.callers import Callers, UnknownCallerError
from tests.runtime.memory_workspaces import MemoryWorkspaces


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspaces() -> MemoryWorkspaces:
    return MemoryWorkspaces()


@pytest.fixture
def callers(workspaces: MemoryWorkspaces, clock: Callable[[], float]) -> Callers:
    return Callers(workspaces, clock)


def test_a_secret_is_for_one_agent_of_one_workspace(callers: Callers, workspaces: MemoryWorkspaces) -> None:
    secret = workspaces.create("acme", "first")
    workspaces.create("acme", "second")
    workspaces.create("other", "first")

    callers.check("acme", "first", secret)

    assert callers.agents("acme", secret) == {"first"}
    for workspace_id, agent in (("acme", "second"), ("other", "first"), ("acme", ""), ("nobody", "first")):
        with pytest.raises(UnknownCallerError):
            callers.check(workspace_id, agent, secret)


def test_a_known_secret_is_looked_up_once_a_minute(
    callers: Callers, workspaces: MemoryWorkspaces, clock: Clock
) -> None:
    secret = workspaces.create("acme", "first")
    for _ in range(3):
        callers.check("acme", "first", secret)
    assert workspaces.reads == ["acme"]

    clock.now = 60.0
    callers.check("acme", "first", secret)

    assert workspaces.reads == ["acme", "acme"]


def test_each_failure_costs_one_look_up_whether_the_workspace_is_known_or_not(
    callers: Callers, workspaces: MemoryWorkspaces
) -> None:
    callers.check("acme", "first", workspaces.create("acme", "first"))
    workspaces.reads.clear()

    for _ in range(2):
        for workspace_id in ("acme", "nobody"):
            with pytest.raises(UnknownCallerError):
                callers.check(workspace_id, "first", "wrong")

    assert workspaces.reads == ["acme", "nobody", "acme", "nobody"]


def test_a_new_secret_is_valid_at_once_and_the_old_one_for_a_minute_at_most(
    callers: Callers, workspaces: MemoryWorkspaces, clock: Clock
) -> None:
    old = workspaces.create("acme", "first")
    callers.check("acme", "first", old)

    new = workspaces.rotate("acme", "first")
    callers.check("acme", "first", old)
    callers.check("acme", "first", new)

    with pytest.raises(UnknownCallerError):
        callers.check("acme", "first", old)
    clock.now = 60.0
    callers.check("acme", "first", new)


def test_a_removed_secret_is_valid_for_a_minute_at_most(
    callers: Callers, workspaces: MemoryWorkspaces, clock: Clock
) -> None:
    secret = workspaces.create("acme", "first")
    callers.check("acme", "first", secret)
    workspaces.remove("acme", "first")

    clock.now = 60.0
    with pytest.raises(UnknownCallerError):
        callers.agents("acme", secret)


@pytest.mark.parametrize("workspace_id", ["", "a#b", "a" * 2_000, "\udc80"])
def test_a_name_that_no_workspace_has_is_not_looked_up(
    callers: Callers, workspaces: MemoryWorkspaces, workspace_id: str
) -> None:
    with pytest.raises(UnknownCallerError):
        callers.agents(workspace_id, "\udc80")

    assert workspaces.reads == []


def test_no_process_keeps_more_workspaces_than_its_share(callers: Callers, workspaces: MemoryWorkspaces) -> None:
    secrets = {f"w{number}": workspaces.create(f"w{number}", "first") for number in range(1_001)}

    for workspace_id, secret in secrets.items():
        callers.check(workspace_id, "first", secret)

    workspaces.reads.clear()
    callers.check("w1000", "first", secrets["w1000"])
    callers.check("w0", "first", secrets["w0"])
    assert workspaces.reads == ["w0"]
