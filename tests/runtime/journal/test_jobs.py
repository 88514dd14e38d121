"""The jobs of a run: recorded once, taken, and ended once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from contract.errors import RunError
from contract.run_ids import new_run_id
from runtime.journal import Journal, NewRun
from runtime.journal.jobs import JobState

pytestmark = pytest.mark.dynamodb

INPUT = {"table": "survey", "columns": ["age", "re78"]}


@pytest.fixture
def run_id() -> str:
    return new_run_id()


def test_a_job_is_recorded_once_and_keeps_its_input(journal: Journal, run_id: str) -> None:
    job = journal.jobs.prepare(run_id, "1-use-1", "profile_table", "use-1", INPUT)

    assert journal.jobs.prepare(run_id, "1-use-1", "profile_table", "use-1", {"table": "other"}) == job
    assert journal.jobs.get(run_id, "1-use-1") == job
    assert (job.state, job.input, job.result_key) == (
        JobState.PREPARED,
        INPUT,
        f"runs/{run_id}/jobs/1-use-1/result.json",
    )


def test_a_large_input_lies_in_the_payload_store(
    journal: Journal, run_id: str, payload_bodies: dict[str, bytes]
) -> None:
    large = {"text": "x" * 400_000}
    journal.jobs.prepare(run_id, "1-a", "tool", "a", large)

    found = journal.jobs.get(run_id, "1-a")

    assert found is not None
    assert found.input == large
    assert f"runs/{run_id}/jobs/1-a/input.json" in payload_bodies


def test_a_process_takes_a_job_until_it_has_ended(journal: Journal, run_id: str) -> None:
    job = journal.jobs.prepare(run_id, "1-a", "tool", "a", INPUT)
    assert journal.jobs.running(run_id) == []

    taken = journal.jobs.start(run_id, "1-a", "token-1", "task-1")

    assert taken == replace(job, state=JobState.RUNNING, token="token-1", task="task-1")
    assert journal.jobs.running(run_id) == [taken]
    assert journal.jobs.end(run_id, "1-a", JobState.SUCCEEDED)
    assert not journal.jobs.end(run_id, "1-a", JobState.FAILED)
    assert journal.jobs.start(run_id, "1-a", "token-2") is None
    assert journal.jobs.running(run_id) == []


def test_an_unknown_job_is_nothing(journal: Journal, run_id: str) -> None:
    get: Callable[..., object] = journal.jobs.get
    assert get(run_id, "none") is None
    assert journal.jobs.start(run_id, "none", "token") is None
    assert not journal.jobs.end(run_id, "none", JobState.FAILED)


def test_a_job_is_read_together_with_the_head_of_its_run(journal: Journal, new_run: Callable[[], NewRun]) -> None:
    run = new_run()
    with pytest.raises(RunError, match="There is no run"):
        journal.jobs.get_with_head(run.run_id, "1-a")
    journal.accept(run)

    assert journal.jobs.get_with_head(run.run_id, "1-a") == (journal.head(run.run_id), None)
    job = journal.jobs.prepare(run.run_id, "1-a", "tool", "a", INPUT)

    assert journal.jobs.get_with_head(run.run_id, "1-a") == (journal.head(run.run_id), job)


def test_a_job_whose_tool_asks_is_known(journal: Journal, run_id: str) -> None:
    job = journal.jobs.prepare(run_id, "1-a", "tool", "a", INPUT)
    journal.jobs.record_asked(run_id, "1-unknown")

    journal.jobs.record_asked(run_id, "1-a")

    assert not job.asked
    assert journal.jobs.prepare(run_id, "1-a", "tool", "a", INPUT) == replace(job, asked=True)
    assert journal.jobs.get(run_id, "1-unknown") is None


def test_a_job_keeps_the_result_that_it_ended_with(journal: Journal, run_id: str) -> None:
    job = journal.jobs.prepare(run_id, "1-a", "tool", "a", INPUT)

    assert journal.jobs.end(run_id, "1-a", JobState.SUCCEEDED, '"first"')
    assert not journal.jobs.end(run_id, "1-a", JobState.FAILED, '"second"')

    assert journal.jobs.get(run_id, "1-a") == replace(job, state=JobState.SUCCEEDED, result='"first"')
