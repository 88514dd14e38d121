"""The worker's process: its handler, and what it keeps from one invocation to the next."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from runtime import environment
from runtime.environment import MissingVariableError
from runtime.worker import function as worker
from runtime.worker.function import WorkerProcess, handler
from tests.runtime.memory_journal import MemoryJournal
from tests.runtime.stage import Do, Say, ScriptedModel, Stage

VARIABLES = {
    environment.TABLE: "journal",
    environment.PAYLOAD_BUCKET: "payloads",
    environment.DATA_BUCKET: "data",
    environment.CALLBACK_URL: "http://127.0.0.1:1/api/live",
    environment.AGENTS: "data_analyst",
    environment.MODEL_PROVIDER: "bedrock",
    environment.MODEL_ID: "us.anthropic.claude-sonnet-4-6",
    environment.RETENTION_DAYS: "30",
    environment.DEADLINE_MARGIN: "30",
    environment.QUESTION_TIMEOUT: "86400",
    environment.QUESTION_TIMERS: '{"group": "timers", "role": "arn:role"}',
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


class Context:
    """Lambda's, with ten minutes left."""

    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:worker"

    def get_remaining_time_in_millis(self) -> int:
        return 600_000


@pytest.fixture
def process(stage: Stage) -> Iterator[WorkerProcess]:
    made = WorkerProcess(stage.worker())
    yield made
    made.close()


@pytest.fixture
def made() -> Iterator[list[WorkerProcess]]:
    """The processes that the handler made, closed at the end."""
    processes: list[WorkerProcess] = []
    yield processes
    worker._process.cache_clear()  # noqa: SLF001  the handler keeps its process as long as Python runs
    for one in processes:
        one.close()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_runs_follow_each_other_on_one_event_loop(stage: Stage, process: WorkerProcess) -> None:
    loops: list[asyncio.AbstractEventLoop] = []
    stage.model = ScriptedModel([[Do(lambda: loops.append(asyncio.get_running_loop())), Say(["Hi."])]])
    first, second = stage.accept(), stage.accept()

    process.handle({"run_id": first}, Context())
    process.handle({"run_id": second}, Context())

    assert len(loops) == 2
    assert loops[0] is loops[1]
    assert [stage.types(run_id)[-1] for run_id in (first, second)] == ["RUN_SUCCEEDED"] * 2


def test_every_invocation_leaves_a_line_and_a_run_its_figures(
    stage: Stage, process: WorkerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = stage.accept()

    process.handle({"warm": True}, Context())
    process.handle({"run_id": run_id}, Context())
    process.handle({"run_id": run_id}, Context())

    logged = lines(capsys)
    assert [line["run_id"] for line in logged if line["event"] == "worker.served"] == [None, run_id, run_id]
    (run,) = [line for line in logged if line["event"] == "worker.run"]
    assert run["run_id"] == run_id
    assert (run["events"], run["posts"], run["ending"]) == (5, 5, "RUN_SUCCEEDED")
    assert (run["input_tokens"], run["output_tokens"]) == (10, 4)
    assert 0 < run["first_text_ms"] <= run["elapsed_ms"]


def test_a_warm_event_makes_what_a_run_would_wait_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], made: list[WorkerProcess]
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("runtime.engine.runs.worker.Journal.create", lambda _: MemoryJournal())

    started: list[str] = []

    def start() -> object:
        started.append("database")
        return object()

    monkeypatch.setattr("tools.sql.tools.SqlChild", start)

    handler({"warm": True}, Context())
    made.append(worker._process())  # noqa: SLF001  to be closed
    handler({"warm": True}, Context())

    built = [line for line in lines(capsys) if line["event"] == "worker.orchestrator_built"]
    assert [line["status"]["agents"] for line in built] == [["data_analyst"]]
    assert started == ["database"]


@pytest.mark.usefixtures("made")
def test_a_variable_that_was_not_set_is_named_and_tried_again_the_next_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    for _ in range(2):
        with pytest.raises(MissingVariableError, match="LONGRUN_TABLE"):
            handler({"run_id": "r"}, Context())

    assert [line["event"] for line in lines(capsys)] == ["worker.failed"] * 2
