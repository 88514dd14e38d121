"""A tool call in a container: whatever becomes of the tool, its result or its end is stored and reported once."""

import json
import signal
import threading
from typing import Any

import pytest

from tests.runtime.collector import Collector
from tests.tools.task.stage import JOB, TOKEN, Stage
from tools.analysis.limits import TOOL_LIMITS, ToolKind, ToolLimits
from tools.task import task_main
from tools.task.environment import TaskEnvironment
from tools.task.task_main import main


@pytest.fixture
def stage() -> Stage:
    found = Stage()
    found.prepare()
    return found


def stored(stage: Stage) -> dict[str, Any]:
    """The result that lies in the bucket, without its only block's wrapping."""
    result = json.loads(stage.bodies[f"runs/{stage.run_id}/jobs/{JOB}/result.json"])
    return {"status": result["status"], "text": result["content"][0]["text"]}


@pytest.mark.parametrize(("status", "state"), [("success", "SUCCEEDED"), ("error", "FAILED")])
def test_the_result_is_stored_and_the_state_gets_its_status(stage: Stage, status: str, state: str) -> None:
    code = stage.call(f"answer(status={status!r}, text=request['tool'] + ' of ' + request['input']['table'])").run()

    assert code == 0
    assert stage.requests == [{"run_id": stage.run_id, "tool": "profile_table", "input": {"table": "nsw"}}]
    assert stored(stage) == {"status": status, "text": "profile_table of nsw"}
    assert stage.state == state
    output = json.dumps({"tool_use_id": "call-1", "status": status})
    assert stage.machine.reports == [("success", {"taskToken": TOKEN, "output": output})]


def test_the_call_is_a_span_below_the_function_that_has_dispatched_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)

    stage.call("answer(failure='KeyError'); sys.exit(1)").run()

    collector.close()
    (span,) = collector.spans()
    assert (span["name"], span["traceId"], span["parentSpanId"]) == ("execute_tool profile_table", "a" * 32, "b" * 16)
    assert span["status"]["message"].startswith("ToolFailedError: the tool profile_table failed")
    said = span["attributes"]
    assert (said["gen_ai.operation.name"], said["gen_ai.tool.call.id"]) == ("execute_tool", "call-1")
    assert (said["run_id"], said["gen_ai.tool.status"]) == (stage.run_id, "error")


def test_a_container_of_a_run_that_was_cancelled_before_it_started_runs_no_tool(stage: Stage) -> None:
    stage.journal.request_cancel(stage.run_id)

    code = stage.call("answer(status='success', text='done')").run()

    assert (code, stage.requests, stage.state) == (0, [], "FAILED")
    assert stored(stage) == {"status": "error", "text": "Error: the run was cancelled"}
    assert [kind for kind, _ in stage.machine.reports] == ["success"]


@pytest.mark.parametrize(
    ("program", "error", "cause"),
    [
        pytest.param("sys.exit(3)", "ToolExitedError", "exit code 3", id="exit code"),
        pytest.param("sys.exit(0)", "ToolExitedError", "exit code 0 and no result", id="no answer"),
        pytest.param("os.write(int(sys.argv[1]), b'{')", "ToolExitedError", "no result", id="half an answer"),
        pytest.param("raise ValueError", "ToolExitedError", "exit code 1", id="crash"),
        pytest.param(
            "answer(failure='KeyError'); sys.exit(1)", "ToolFailedError", "failed with KeyError", id="unexpected error"
        ),
        pytest.param("answer(failure='MemoryError'); sys.exit(1)", "ToolOutOfMemoryError", "more memory", id="memory"),
        pytest.param(
            "os.kill(os.getpid(), 9)", "ToolKilledError", "signal 9, most likely for memory", id="killed for memory"
        ),
        pytest.param("os.kill(os.getpid(), 15)", "ToolKilledError", "signal 15", id="killed"),
    ],
)
def test_a_tool_without_a_result_fails_its_state_by_the_real_end(
    stage: Stage, program: str, error: str, cause: str
) -> None:
    code = stage.call(program).run()

    ((kind, report),) = stage.machine.reports
    assert (code, kind, report["error"]) == (1, "failure", error)
    assert cause in report["cause"]
    assert "profile_table" in report["cause"]
    assert stored(stage) == {"status": "error", "text": f"Error: {report['cause']}"}
    assert stage.state == "FAILED"


def test_a_tool_that_takes_longer_than_it_states_is_killed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    short = ToolLimits(ToolKind.EDA, 0, 1, 1)
    monkeypatch.setattr(task_main, "TOOL_LIMITS", {**TOOL_LIMITS, "profile_table": short})

    code = stage.call("import time; time.sleep(60)").run()

    ((_, report),) = stage.machine.reports
    assert (code, report["error"]) == (1, "ToolTimeoutError")
    assert "its longest time" in report["cause"]


def test_a_stop_by_ecs_ends_the_tool_and_is_reported(stage: Stage) -> None:
    call = stage.call("print('at work', flush=True); import time; time.sleep(60)")
    stopped = threading.Thread(target=_stop_at_work, args=(stage, call))
    stopped.start()

    code = call.run()

    stopped.join()
    ((_, report),) = stage.machine.reports
    assert (code, report["error"]) == (128 + signal.SIGTERM, "TaskStoppedError")


def _stop_at_work(stage: Stage, call: task_main.ToolCall) -> None:
    pause = threading.Event()
    while not stage.progress():
        pause.wait(0.005)
    call.stop()


def test_a_rejected_heartbeat_ends_the_work_without_a_report(stage: Stage) -> None:
    stage.machine.is_over = True

    code = stage.call("import time; time.sleep(60)").run()

    assert code == 0
    assert stage.machine.reports == []
    assert stage.bodies == {}
    assert stage.state == "RUNNING", "another container may work on it"


def test_heartbeats_are_sent_while_the_tool_works(stage: Stage) -> None:
    program = "import time\nwhile True: time.sleep(0.01)"
    call = stage.call(program, heartbeat=0.01)

    def enough() -> None:
        pause = threading.Event()
        while stage.machine.beats < 3:
            pause.wait(0.005)
        call.stop()

    waiting = threading.Thread(target=enough)
    waiting.start()
    call.run()
    waiting.join()

    assert stage.machine.beats >= 3


def test_what_the_tool_prints_is_progress_of_the_run_and_in_the_log(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.call("print('reading nsw'); print('{\"event\": \"a.log.line\"}'); answer(status='success', text='{}')").run()

    texts = [data["text"] for data in stage.progress()]
    assert "\n".join(texts) == "reading nsw"
    assert {data["tool_use_id"] for data in stage.progress()} == {"call-1"}
    assert {"reading nsw", '{"event": "a.log.line"}'} <= set(capsys.readouterr().out.splitlines())


def test_an_unknown_tool_is_an_error_for_the_model(stage: Stage) -> None:
    stage.table.items.clear()
    stage.prepare("nothing")

    assert stage.call("sys.exit(9)").run() == 0

    assert stage.requests == []
    assert stored(stage)["text"].startswith("Error: there is no tool 'nothing'; there are list_tables, ")


@pytest.mark.parametrize("status", ["success", "error"])
def test_a_second_container_reports_what_the_first_has_done(stage: Stage, status: str) -> None:
    stage.call(f"answer(status={status!r}, text='first')").run()

    assert stage.call("answer(status='success', text='second')").run() == 0

    assert len(stage.requests) == 1
    assert stored(stage)["text"] == "first"
    assert stage.machine.reports[0] == stage.machine.reports[1]


def test_a_job_that_does_not_exist_fails_the_state() -> None:
    stage = Stage()

    assert stage.call("sys.exit(9)").run() == 1

    ((_, report),) = stage.machine.reports
    assert (report["error"], JOB in report["cause"]) == ("UnknownJobError", True)


def test_the_tool_gets_no_token(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGRUN_TASK_TOKEN", TOKEN)

    stage.call("answer(status='success', text=str(os.environ.get('LONGRUN_TASK_TOKEN')))").run()

    assert stored(stage)["text"] == "None"


def test_a_container_without_a_job_says_who_sets_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LONGRUN_RUN_ID", raising=False)

    assert main() == 2

    assert "LONGRUN_RUN_ID is not set; the state machine" in capsys.readouterr().out


def test_heartbeats_are_a_third_of_what_the_state_accepts() -> None:
    given = {
        "LONGRUN_TABLE": "runs",
        "LONGRUN_PAYLOAD_BUCKET": "payloads",
        "LONGRUN_RETENTION_DAYS": "7",
        "LONGRUN_RUN_ID": "run",
        "LONGRUN_JOB": JOB,
        "LONGRUN_TASK_TOKEN": TOKEN,
    }

    assert TaskEnvironment.read(given).heartbeat == 10
    assert TaskEnvironment.read({**given, "LONGRUN_HEARTBEAT_SECONDS": "90"}).heartbeat == 30
