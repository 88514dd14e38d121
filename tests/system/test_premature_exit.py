"""The failure that the worker exists to prevent: a handler that starts the stream as a task and returns.

Lambda freezes the process when the handler returns, so the task never runs. This test deploys such a worker and sees
the run lost; the others run the worker as it is.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.program_copy import copy_program
from tests.system.harness import EFFECT_QUESTION, Deployment, deployed, wait_for

pytestmark = pytest.mark.sandbox

AWAITED = """\
            else:
                await self.serve(run_id, seconds_left)
"""
NOT_AWAITED = """\
            else:
                self._background = asyncio.create_task(self.serve(run_id, seconds_left))
"""


@pytest.fixture
def premature(tmp_path: Path) -> Iterator[Deployment]:
    root = tmp_path / "program"
    copy_program(root, "Pulumi.local.yaml")
    worker = root / "runtime" / "engine" / "runs" / "worker.py"
    source = worker.read_text()
    assert AWAITED in source
    worker.write_text(source.replace(AWAITED, NOT_AWAITED))
    with deployed(tmp_path / "sandbox", root=root) as running:
        yield running


def test_a_worker_that_does_not_await_the_stream_loses_the_run(premature: Deployment) -> None:
    with premature.ws() as ws:
        ws.send(action="start", question=EFFECT_QUESTION)
        run_id = ws.receive()["run_id"]
        wait_for(lambda: returned(premature, run_id), "the worker to return")
        assert premature.journal(run_id) == [(1, "RUN_ACCEPTED")]
        assert premature.status(run_id) == "QUEUED"


def returned(deployment: Deployment, run_id: str) -> bool:
    answer = deployment.client("logs").filter_log_events(
        logGroupName=deployment.state.outputs["worker_log_group"], filterPattern=f'"{run_id}"'
    )
    return any("worker.served" in event["message"] for event in answer["events"])
