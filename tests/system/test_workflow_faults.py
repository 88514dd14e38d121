"""Faults of the ReAct workflow: each run ends once, with a cause that a person can act on, and nothing stays open.

All runs are started together, in one sandbox; each test reads what became of one of them.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.system.harness import deployed, wait_for
from tests.system.workflow_faults.model_server import ModelServer, Turn
from tests.system.workflow_faults.runs import Run, Workflow, defined

pytestmark = pytest.mark.sandbox

HERE: Final = Path(__file__).parent / "workflow_faults"
AT_ONCE: Final = 4
EXPIRY: Final = 20
"""Seconds for which a question stays open."""
STATE_EXPIRY: Final = 100
"""Seconds for which a state waits for the answer; fewer pass here, but more than EXPIRY."""
TIME_SCALE: Final = 0.3
HEARTBEAT: Final = 15
"""Seconds without a heartbeat after which a container counts as lost; it sends one each ten."""
LIMIT: Final = 10
"""Seconds of an execution whose own time is over."""

ASKS: Final = Turn("I ask.", [("ask_user", '{"question": "Which?"}'), ("list_tables", "{}")])
DONE: Final = Turn("Done.")
WALK: Final = (ASKS, DONE)
REFUSED: Final = (Turn(status=403),)
ENDED: Final = "its process ended before it returned; start the run again, and see the function's log"


def calls(tool: str, arguments: str = "{}") -> tuple[Turn, ...]:
    return (Turn("I call it.", [(tool, arguments)]), DONE)


def profile(table: str) -> tuple[Turn, ...]:
    return calls("profile_table", json.dumps({"table": table}))


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong in a run, and how the run ends.

    `crash` is a function, and a moment; `service` a fault of the model's service; `drive` is what happens meanwhile.
    `words` are those of the final event's message, or of a tool's error where the run goes on.
    """

    turns: Sequence[Turn]
    words: str = ""
    final: str = "RUN_FAILED"
    code: str | None = "INTERNAL"
    execution: str = "FAILED"
    crash: tuple[str, str] | None = None
    answers: tuple[str, ...] = ("raw",)
    service: Mapping[str, Any] | None = None
    drive: Callable[["Started"], None] = lambda _started: None
    states: tuple[str, ...] = ()
    """Those that must have been entered."""


@dataclass(frozen=True, slots=True)
class Started:
    """A run with its fault. `order` is the file that makes a function crash."""

    workflow: Workflow
    run: Run
    order: Path


def goes_on(turns: Sequence[Turn], words: str, **more: Any) -> Fault:  # noqa: ANN401  fields
    """A fault that is a tool's error for the model."""
    return Fault(turns, words, final="RUN_SUCCEEDED", code=None, execution="SUCCEEDED", **more)


def stop_question(started: Started) -> None:
    started.run.wait_for("QUESTION")
    started.run.stop("by hand")


def stop_container(started: Started) -> None:
    started.run.wait_for("TOOL_PROGRESS")
    started.run.stop("by hand")


def kill_container(started: Started) -> None:
    started.run.wait_for("TOOL_PROGRESS")
    (arn,) = started.run.containers()
    started.run.deployment.sidecar("POST", f"/_longrun/tasks/{arn}/kill")


def answer_twice(started: Started) -> None:
    """Answers by a gateway that crashes, which loses no answer that it has confirmed, and by one that does not."""
    run = started.run
    run.wait_for("QUESTION")
    question = next(event["data"]["question_id"] for event in run.events() if event["type"] == "QUESTION")
    answer = {"action": "answer", "run_id": run.run_id, "question_id": question, "answer": "raw"}
    with run.deployment.ws() as ws:
        ws.send(**answer)
        first = ws.until(lambda frame: frame.get("message") == "Internal server error")
        started.order.unlink()
        ws.send(**answer)
        second = ws.until(lambda frame: frame.get("type") in {"ack", "error"})[-1]
    is_confirmed = [frame.get("type") for frame in first] == ["ack", None]
    assert (second["type"], second.get("code")) == (("error", "CONFLICT") if is_confirmed else ("ack", None))


def crashed(state: str) -> str:
    return f"the step {state} failed (Runtime.ExitError): {ENDED}"


TOOL_CRASHED: Final = "The tool list_tables failed: the process of its function ended before it returned"
BROKE_OFF: Final = "the model's answer broke off; the text so far is kept, ask again for the rest"
NO_ACCESS: Final = "the model service returned AccessDeniedException; check the configured model and its permissions"
OPEN: Final[dict[str, Any]] = {"answers": ()}
EXPIRED: Final[dict[str, Any]] = {"final": "RUN_TIMED_OUT", "code": "TIMED_OUT", "states": ("HandleTimeout",), **OPEN}
UNANSWERED: Final = "and has no default"
STOPPED: Final = "the run's execution was stopped (by hand) before the run's end; start it again under a new run id"
IN_STEPS: Final = {
    "parse-initial-query": "ParseInitialQuery",
    "invoke-llm": "InvokeLLM",
    "send-prompt": "SendPrompt",
    "append-tool-output": "AppendToolOutput",
}
"""The functions whose crash ends the run, at whichever moment, by their states."""

FAULTS: Final[dict[str, Fault]] = {
    # those that wait for a limit are the first
    "question expires": Fault(WALK, UNANSWERED, **EXPIRED),
    "handle-timeout crashes before": Fault(
        WALK, crashed("HandleTimeout"), crash=("handle-timeout", "before"), states=("HandleError",), **OPEN
    ),
    "handle-timeout crashes after": Fault(WALK, UNANSWERED, crash=("handle-timeout", "after"), **EXPIRED),
    "container killed": goes_on(profile("hangs"), "it sent no heartbeat any more", drive=kill_container),
    "model down for good": Fault(
        WALK,
        "the model service returned ServiceUnavailableException; ask again later",
        code="MODEL_ERROR",
        service={"name": "unavailable", "count": None},
    ),
    "execution stopped while a container works": Fault(
        profile("hangs"), STOPPED, code="AGENT_LOST", execution="ABORTED", drive=stop_container
    ),
    "execution stopped while a question is open": Fault(
        WALK, STOPPED, code="AGENT_LOST", execution="ABORTED", drive=stop_question, **OPEN
    ),
    **{
        f"{role} crashes {moment}": Fault(
            WALK, crashed(state), crash=(role, moment), answers=() if role == "send-prompt" else ("raw",)
        )
        for role, state in IN_STEPS.items()
        for moment in ("before", "after")
    },
    **{
        f"{role} crashes {moment}": goes_on(calls("list_tables"), TOOL_CRASHED, crash=(role, moment))
        for role in ("dispatch-tool", "data-query")
        for moment in ("before", "after")
    },
    "handle-finish crashes before": Fault(WALK, crashed("HandleFinish"), crash=("handle-finish", "before")),
    "handle-finish crashes after": goes_on((DONE,), "Done.", crash=("handle-finish", "after"), states=("HandleError",)),
    **{
        f"handle-error crashes {moment}": Fault(
            REFUSED, NO_ACCESS, code="MODEL_ERROR", crash=("handle-error", moment), states=("HandleError",)
        )
        for moment in ("before", "after")
    },
    **{
        f"websocket-handler crashes {moment}": goes_on(
            WALK, '"answer": "raw"', crash=("websocket-handler", moment), drive=answer_twice, **OPEN
        )
        for moment in ("before", "after")
    },
    "tool killed": goes_on(profile("killed"), "was killed by signal 9, most likely for memory"),
    "tool exits non-zero": goes_on(profile("exits"), "ended with exit code 3 and no result"),
    "tool raises": goes_on(profile("raises"), "the tool profile_table failed with RuntimeError"),
    "tool rejects its input": goes_on(profile("moon"), "there is no table 'moon'; the tables are cps, nsw"),
    "tool unknown": goes_on(calls("astrology"), "There is no tool astrology; the tools are ask_user"),
    "arguments are no JSON": goes_on(calls("list_tables", '{"table": '), "its arguments are not a JSON object"),
    "arguments do not fit": goes_on(calls("profile_table", '{"tabel": 7}'), "'tabel' was unexpected"),
    "model throttled three times": goes_on((DONE,), "THROTTLED", service={"name": "throttle", "count": 3}),
    "model refuses": Fault(REFUSED, NO_ACCESS, code="MODEL_ERROR"),
    "stream without an end": Fault((Turn("Half of an", finish=""),), BROKE_OFF, code="MODEL_ERROR"),
    "stream cut": Fault(
        (Turn("A long answer. " * 20),), BROKE_OFF, code="MODEL_ERROR", service={"name": "stream-cut", "count": None}
    ),
    "answer empty": Fault((Turn(""),), "the model ended its turn without an answer; ask again", code="MODEL_ERROR"),
    "answer at the token limit": Fault(
        (Turn("Half", finish="length"),), "the model's answer reached its token limit", code="MODEL_ERROR"
    ),
}
TIME_OVER: Final = Fault(
    WALK,
    "the run did not finish in the time that it has",
    final="RUN_TIMED_OUT",
    code="TIMED_OUT",
    execution="TIMED_OUT",
    **OPEN,
)
"""Of the whole execution."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, "Future[Run]"]]:
    """Every fault's run, which has ended; what went wrong with one is an error of its own test."""
    folder = tmp_path_factory.mktemp("faults")
    model = ModelServer({name: fault.turns for name, fault in {**FAULTS, "time over": TIME_OVER}.items()})
    config = {"longrun:agents": '["study_analyst"]', "longrun:workflowConcurrency": "0"}
    with model.serving():
        sidecar = {"model_url": model.url, "model_name": "test"}
        with deployed(folder / "sandbox", config, sidecar=sidecar, time_scale=TIME_SCALE) as deployment:
            workflow = Workflow(deployment)
            prepare(workflow, folder)
            late = out_of_time(workflow)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                made = {
                    name: pool.submit(begin, workflow, name, fault, folder / "crashes")
                    for name, fault in FAULTS.items()
                }
                made["time over"] = pool.submit(ended, late)
            yield made


@pytest.fixture
def run(runs: Mapping[str, "Future[Run]"], name: str) -> Run:
    return runs[name].result()


def prepare(workflow: Workflow, folder: Path) -> None:
    """Functions that may crash, tools that may fail, and states that wait for seconds instead of days."""
    crashes = folder / "crashes"
    crashes.mkdir()
    for role in sorted({fault.crash[0] for fault in FAULTS.values() if fault.crash}):
        workflow.let_crash(role, HERE, crashes)
    workflow.update("send-prompt", {"LONGRUN_QUESTION_TIMEOUT": str(EXPIRY)})
    workflow.replace_tool_process(HERE / "failing_tool_child.py", folder / "image")
    definition = workflow.definition()
    states = definition["States"]
    states["SendPrompt"]["TimeoutSeconds"] = STATE_EXPIRY
    for name in ("EDA", "CausalAnalysis"):
        states["Tools"]["ItemProcessor"]["States"][name]["HeartbeatSeconds"] = HEARTBEAT
    workflow.define(definition)


def out_of_time(workflow: Workflow) -> Run:
    """A run whose execution may take a few seconds, and asks."""
    with defined(workflow, {**workflow.definition(), "TimeoutSeconds": LIMIT}):
        run = workflow.start("time over")
        run.wait_for("RUN_ACCEPTED")
    return run


def ended(run: Run) -> Run:
    run.wait_for_end()
    return run


def begin(workflow: Workflow, name: str, fault: Fault, crashes: Path) -> Run:
    """The run of that fault, once it has ended."""
    run_id = str(uuid.uuid4())
    order = crashes / run_id
    if fault.crash is not None:
        order.write_text(" ".join(fault.crash))
    if fault.service is not None:
        workflow.deployment.fault(match=name, **fault.service)
    given = {"sessionId": run_id, "query": {"text": name}, "answers": list(fault.answers)}
    run = workflow.execute(run_id, given)
    fault.drive(Started(workflow, run, order))
    return ended(run)


@pytest.mark.parametrize("name", [*FAULTS, "time over"])
def test_a_fault_ends_the_run_once_with_its_cause(run: Run, name: str) -> None:
    fault = FAULTS.get(name, TIME_OVER)
    events, execution = run.events(), run.described()
    last = events[-1]

    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["type"] for event in events if event["type"].startswith("RUN_")] == ["RUN_ACCEPTED", fault.final]
    assert (last["type"], f"RUN_{run.status()}") == (fault.final, fault.final)
    assert last["data"].get("code") == fault.code
    told = last["data"]["error"] if fault.code else json.dumps(events)
    assert fault.words in told
    assert not [word for word in ("Traceback", "RequestId", "the secret of", "Lambda") if word in told]
    assert set(fault.states) <= set(run.states())
    assert execution["status"] == fault.execution
    if fault.execution == "FAILED":
        assert (execution["error"], execution["cause"]) == (fault.code, told)


@pytest.mark.parametrize("name", [*FAULTS, "time over"])
def test_nothing_of_a_run_that_a_fault_has_ended_works_or_waits(run: Run) -> None:
    wait_for(lambda: not run.processes(), "the end of the run's containers")
    assert not run.jobs_at_work()
    assert [token for token in run.tokens() if run.is_awaited(token)] == []


@pytest.mark.parametrize("name", ["execution stopped while a question is open"])
def test_a_question_of_a_run_that_has_ended_takes_no_answer(run: Run) -> None:
    with run.deployment.ws() as ws:
        rejected = ws.ask(action="answer", run_id=run.run_id, answer="raw")

    assert (rejected["type"], rejected["code"]) == ("error", "CONFLICT")
    assert run.events()[-1]["type"] == "RUN_FAILED"
