"""Two hundred workflow runs at once: each ends once with the right answer, in a stated memory, and leaves nothing."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from bench.deployment import memory_mb
from contract.run_ids import new_run_id
from tests.system.background import assert_journal_is_whole
from tests.system.harness import EFFECT_QUESTION, Deployment, deployed, wait_for

pytestmark = [pytest.mark.sandbox, pytest.mark.load]

STUDY_QUESTION = "Did the training programme raise earnings? Use the survey men as the comparison group."
SHORT_RUNS = 192
"""With one tool each, in the function of short tools."""
STUDIES = 8
"""With an answer ahead of time, two tools in functions and three tasks of ECS each."""

MOST_MB = 6_144
"""Of all processes of the sandbox, pages that they share counted once. Without the limit of the functions' concurrency
the runs would start two thousand processes."""

PATIENCE = 600.0
THREADS = 8
PAUSE = 0.5


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("sandbox"), {"longrun:workflowConcurrency": "8"}) as running:
        running.model(token_ms=1, first_token_ms=1, faults=[])
        yield running


def start(deployment: Deployment, question: str, **given: object) -> str:
    """The id of a new run."""
    run_id = new_run_id()
    document = {"runId": run_id, "query": {"text": question}, **given}
    machine = deployment.state.outputs["workflow_state_machine"]
    deployment.client("stepfunctions").start_execution(stateMachineArn=machine, name=run_id, input=json.dumps(document))
    return run_id


def executions(deployment: Deployment, status: str) -> list[Any]:
    machine = deployment.state.outputs["workflow_state_machine"]
    pages = deployment.client("stepfunctions").get_paginator("list_executions")
    return [
        execution
        for page in pages.paginate(stateMachineArn=machine, statusFilter=status)
        for execution in page["executions"]
    ]


@contextmanager
def peak_memory(deployment: Deployment) -> Iterator[list[float]]:
    """Samples the memory of the sandbox's processes in MB until the block ends."""
    found: list[float] = []
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(PAUSE):
            found.append(memory_mb(deployment.state.pids)[0])

    sampling = threading.Thread(target=sample, daemon=True)
    sampling.start()
    try:
        yield found
    finally:
        ended.set()
        sampling.join()


def test_two_hundred_workflow_runs_at_once_all_end_right_within_the_stated_memory(deployment: Deployment) -> None:
    with peak_memory(deployment) as memory, ThreadPoolExecutor(THREADS) as pool:
        studies = [
            pool.submit(start, deployment, STUDY_QUESTION, agent="study_analyst", answers=["regression_adjustment"])
            for _ in range(STUDIES)
        ]
        short = [pool.submit(start, deployment, EFFECT_QUESTION, agent="data_analyst") for _ in range(SHORT_RUNS)]
        expected = {run.result(): "1,794" for run in short} | {run.result(): "8,498" for run in studies}
        wait_for(lambda: not executions(deployment, "RUNNING"), "the end of all executions", PATIENCE)

        assert len(executions(deployment, "SUCCEEDED")) == len(expected) == SHORT_RUNS + STUDIES
        list(pool.map(lambda run_id: assert_journal_is_whole(deployment, run_id), expected))
        texts = dict(zip(expected, pool.map(deployment.text, expected), strict=True))
        statuses = set(pool.map(deployment.status, expected))

    assert statuses == {"SUCCEEDED"}
    assert [run_id for run_id, figure in expected.items() if figure not in texts[run_id]] == []
    assert max(memory) < MOST_MB
    assert deployment.sidecar("GET", "/_longrun/tasks")["tasks"] == []
