from uuid import UUID

import pytest

from cli.deployment.arrival import arrival_patience
from client import new_run_id


@pytest.mark.parametrize(("age", "left"), [(0, 10.0), (4, 6.0), (9.9, 0.1), (10.1, 0.0), (-1, 0.0), (86_400, 0.0)])
def test_only_a_run_created_a_moment_ago_is_given_time_to_arrive(
    monkeypatch: pytest.MonkeyPatch, age: float, left: float
) -> None:
    run_id = new_run_id()
    created_at = (UUID(run_id).int >> 80) / 1000
    monkeypatch.setattr("cli.deployment.arrival.time.time", lambda: created_at + age)

    assert arrival_patience(run_id, 10) == pytest.approx(left)


@pytest.mark.parametrize("run_id", ["nope", "6a7e8feb-b491-4cf7-a9f1-bf3703467718", ""])
def test_an_id_without_a_time_is_not_waited_for(run_id: str) -> None:
    assert arrival_patience(run_id, 10) == 0
