from uuid import RFC_4122, UUID

import pytest

from contract.run_ids import new_run_id, seconds_left


def test_a_run_id_is_a_uuid_of_version_7_in_lower_case() -> None:
    run_id = new_run_id()

    assert (UUID(run_id).version, UUID(run_id).variant) == (7, RFC_4122)
    assert run_id == str(UUID(run_id))


def test_run_ids_differ() -> None:
    assert len({new_run_id() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(("age", "left"), [(0, 10.0), (4, 6.0), (9.9, 0.1), (10.1, 0.0), (-1, 0.0), (86_400, 0.0)])
def test_only_a_run_made_a_moment_ago_is_given_time_to_arrive(
    monkeypatch: pytest.MonkeyPatch, age: float, left: float
) -> None:
    run_id = new_run_id()
    made_at = (UUID(run_id).int >> 80) / 1000
    monkeypatch.setattr("contract.run_ids.time.time", lambda: made_at + age)

    assert seconds_left(run_id, 10) == pytest.approx(left)


@pytest.mark.parametrize("run_id", ["nope", "6a7e8feb-b491-4cf7-a9f1-bf3703467718", ""])
def test_an_id_that_tells_no_time_is_not_waited_for(run_id: str) -> None:
    assert seconds_left(run_id, 10) == 0
