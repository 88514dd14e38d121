import dataclasses

import pytest

from cli.traces.spans import Execution, Span, joined

TRACE = "0af7651916cd43dd8448eb211c80319c"
EVENT, WORKFLOW, INVOKER = "e" * 16, "f" * 16, "a" * 16
EXECUTION = Execution("arn:aws:states:x", 10.0, 60.0, "SUCCEEDED", "", 9.0)


def span(span_id: str, parent_id: str, name: str, start: float = 11.0, **attributes: str) -> Span:
    return Span(TRACE, span_id, parent_id, name, name, start, start + 1, "OK", "", attributes)


PLACEHOLDER = dataclasses.replace(span(WORKFLOW, EVENT, "workflow", 10.5), attributes={"longrun.span": "workflow"})
DOOR = span("d" * 16, WORKFLOW, "event-door", 10.5)
INVOKED = span(INVOKER, WORKFLOW, "invoker", 12.0)
STEP = span("b" * 16, INVOKER, "step explorer", 12.5)


def tree(spans: list[Span]) -> dict[str, str]:
    """Each span's name with its parent's."""
    names = {span.span_id: span.name for span in spans}
    return {span.name: names.get(span.parent_id, span.parent_id) for span in spans}


def test_event_workflow_functions_and_agent_are_one_tree() -> None:
    found = joined(TRACE, [STEP, INVOKED, DOOR, PLACEHOLDER], EXECUTION)

    assert tree(found) == {
        "event": "",
        "workflow": "event",
        "event-door": "workflow",
        "invoker": "workflow",
        "step explorer": "invoker",
    }
    assert [span.start for span in found] == sorted(span.start for span in found)


def test_event_and_workflow_get_the_executions_times() -> None:
    event, workflow = joined(TRACE, [PLACEHOLDER, DOOR], EXECUTION)[:2]

    assert (event.name, event.start, event.end) == ("event", 9.0, 10.0)
    assert (workflow.start, workflow.end, workflow.status) == (10.0, 60.0, "OK")
    assert workflow.attributes["execution"] == "arn:aws:states:x"


@pytest.mark.parametrize(
    ("status", "shown"), [("RUNNING", "UNSET"), ("FAILED", "ERROR"), ("TIMED_OUT", "ERROR"), ("ABORTED", "ERROR")]
)
def test_the_workflow_ends_as_its_execution_does(status: str, shown: str) -> None:
    execution = dataclasses.replace(EXECUTION, status=status, error="the agent is lost")

    workflow = joined(TRACE, [PLACEHOLDER], execution)[1]

    assert (workflow.status, workflow.error) == (shown, "the agent is lost")


def test_without_the_workflows_own_span_it_stands_where_its_children_look_for_it() -> None:
    found = joined(TRACE, [DOOR, INVOKED, STEP], EXECUTION)

    assert tree(found)["event-door"] == tree(found)["invoker"] == "workflow"
    assert found[0].span_id == WORKFLOW


def test_spans_of_a_process_that_was_killed_hang_below_the_workflow() -> None:
    orphan = span("c" * 16, "0123456789abcdef", "chat")

    found = joined(TRACE, [PLACEHOLDER, DOOR, orphan], EXECUTION)

    assert tree(found)["chat"] == "workflow"


def test_a_run_whose_spans_never_came_has_its_execution_to_show() -> None:
    (workflow,) = joined(TRACE, [], dataclasses.replace(EXECUTION, status="FAILED"))

    assert (workflow.name, workflow.parent_id, workflow.status) == ("workflow", "", "ERROR")


def test_without_the_execution_the_spans_say_how_long_the_workflow_took() -> None:
    found = joined(TRACE, [PLACEHOLDER, DOOR, STEP, INVOKED], None)

    event, workflow = found[:2]
    assert (event.name, workflow.name) == ("event", "workflow")
    assert (workflow.start, workflow.end) == (10.5, 13.5)


def test_a_workflow_that_a_program_has_started_has_no_event() -> None:
    execution = dataclasses.replace(EXECUTION, cause="start of the workflow")

    assert joined(TRACE, [PLACEHOLDER, DOOR], execution)[0].name == "start of the workflow"


def test_a_workflow_that_nobody_traces_is_the_root() -> None:
    alone = dataclasses.replace(PLACEHOLDER, parent_id="")

    assert tree(joined(TRACE, [alone, DOOR], EXECUTION)) == {"workflow": "", "event-door": "workflow"}


STARTED = span("1" * 16, "", "start", 10.0, **{"longrun.span": "root"})
WORKER = span("2" * 16, "1" * 16, "run analyst", 10.1)
CHAT = span("3" * 16, "2" * 16, "chat", 10.2)
READER = span("4" * 16, "1" * 16, "stream", 10.0)


@pytest.mark.parametrize("spans", [[STARTED, WORKER, CHAT], [CHAT, READER, WORKER, STARTED]])
def test_a_run_without_a_workflow_is_what_was_sent_and_nothing_else(spans: list[Span]) -> None:
    found = joined(TRACE, spans, None)

    assert found[0] is STARTED
    assert sorted(found, key=lambda span: span.span_id) == sorted(spans, key=lambda span: span.span_id)


def test_a_callers_trace_is_left_above_the_start() -> None:
    below = dataclasses.replace(STARTED, parent_id="c" * 16)

    assert joined(TRACE, [WORKER, below], None) == [below, WORKER]


def test_spans_of_a_worker_that_was_killed_are_below_the_start() -> None:
    assert tree(joined(TRACE, [STARTED, CHAT], None)) == {"start": "", "chat": "start"}


def test_nothing_is_made_up_where_the_start_has_not_arrived() -> None:
    assert joined(TRACE, [CHAT, WORKER], None) == [WORKER, CHAT]


def test_nothing_makes_no_tree() -> None:
    assert joined(TRACE, [], None) == []
