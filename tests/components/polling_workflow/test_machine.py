"""The state machine run for real by the emulator, on the journal's own items, its waits a hundredth of their length."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from components.polling_workflow.args import DEFAULTS
from components.polling_workflow.limits import Limits
from contract.events import EventType
from tests.components.polling_workflow.emulated import Refusal, Workshop, workshop
from tests.components.polling_workflow.test_definition import EVENTS

pytestmark = pytest.mark.sandbox

SCALE = 0.01
QUICK = Limits(agent=600, workflow=600, heartbeat=60, poll=1, poll_max=60)
CLOSED = {"status": "FAILED", "code": "AGENT_LOST", "sentence": "The agent gave no sign."}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    with workshop(tmp_path_factory.mktemp("emulated"), SCALE) as made:
        yield made


def started(_: Mapping[str, Any]) -> object:
    return {"outcome": "started", "reply_ms": 1.0}


def test_agents_work_in_turn_each_with_its_predecessors_output(shop: Workshop) -> None:
    run_id = shop.accept("explorer", "reporter")

    def invoke(order: Mapping[str, Any]) -> object:
        shop.complete(run_id, order["step"], last=order["step"] == order["steps"])
        return started(order)

    shop.functions.answers["invoker"] = invoke
    ended = shop.run(QUICK, {"id": "event"})
    first, second = shop.functions.called("invoker")

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": run_id, "status": "SUCCEEDED"})
    assert shop.functions.called("door") == [{"event": {"id": "event"}, "execution": ended["executionArn"]}]
    assert first == {
        "run_id": run_id,
        "agent": "explorer",
        "next_agent": "reporter",
        "step": 1,
        "steps": 2,
        "attempt": 1,
        "traceparent": "00-1-2-01",
        "output": "",
        "seconds": 600,
        "heartbeat_seconds": 60,
        "token": "",
    }
    changed = {key: value for key, value in second.items() if first[key] != value}
    assert changed == {
        "agent": "reporter",
        "next_agent": "",
        "step": 2,
        "output": "output-1",
        "seconds": second["seconds"],
    }
    assert 500 < second["seconds"] <= 600
    assert shop.functions.called("closer") == []


def test_pipeline_of_one_agent_is_a_list_too(shop: Workshop) -> None:
    run_id = shop.accept("explorer")

    def invoke(order: Mapping[str, Any]) -> object:
        shop.complete(run_id, 1, last=True)
        return started(order)

    shop.functions.answers["invoker"] = invoke

    assert shop.run(QUICK)["status"] == "SUCCEEDED"
    (order,) = shop.functions.called("invoker")
    assert (order["agent"], order["next_agent"], order["steps"]) == ("explorer", "", 1)


def test_repeated_event_starts_nothing(shop: Workshop) -> None:
    run_id = shop.accept("explorer")
    taken = {"claimed": False, "run_id": run_id, "agents": ["explorer"], "traceparent": ""}
    shop.functions.answers["door"] = lambda _: taken

    ended = shop.run(QUICK)

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": run_id, "status": "REPEATED"})
    assert shop.functions.called("invoker") == []


def test_run_that_fails_by_itself_fails_the_machine_with_its_own_words(shop: Workshop) -> None:
    run_id = shop.accept("explorer")
    error = {"code": "MODEL_ERROR", "error": "The model did not answer."}

    def invoke(order: Mapping[str, Any]) -> object:
        shop.begin(run_id, 1).finish(EventType.RUN_FAILED, error, {}, error)
        return started(order)

    shop.functions.answers["invoker"] = invoke
    ended = shop.run(QUICK)

    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "MODEL_ERROR", "The model did not answer.")
    assert shop.functions.called("closer") == []


def test_agent_that_gives_no_sign_is_closed_as_lost(shop: Workshop) -> None:
    run_id = shop.accept("explorer")
    impatient = Limits(agent=28_800, workflow=28_800, heartbeat=1, poll=1, poll_max=10)

    def invoke(order: Mapping[str, Any]) -> object:
        shop.begin(run_id, 1)
        return started(order)

    shop.functions.answers |= {"invoker": invoke, "closer": lambda _: CLOSED}
    ended = shop.run(impatient)

    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "AGENT_LOST", "The agent gave no sign.")
    assert shop.functions.called("closer") == [
        {"run_id": run_id, "reason": "AGENT_LOST", "step": 1, "agent": "explorer", "error": "", "cause": ""}
    ]


def test_agent_that_lives_is_waited_for_until_its_time_is_over(shop: Workshop) -> None:
    run_id = shop.accept("explorer")
    short = Limits(agent=60, workflow=900, heartbeat=60, poll=5, poll_max=10)

    def invoke(order: Mapping[str, Any]) -> object:
        shop.begin(run_id, 1)
        return started(order)

    shop.functions.answers |= {"invoker": invoke, "closer": lambda _: {**CLOSED, "status": "TIMED_OUT"}}
    ended = shop.run(short)
    (order,) = shop.functions.called("closer")

    assert (ended["status"], order["reason"]) == ("FAILED", "TIMED_OUT")
    assert shop.entered(ended["executionArn"]).count("Wait") == 12


def test_run_that_is_cancelled_before_its_agent_begins_is_closed(shop: Workshop) -> None:
    run_id = shop.accept("explorer", "reporter")

    def invoke(order: Mapping[str, Any]) -> object:
        shop.journal.request_cancel(run_id)
        return started(order)

    cancelled = {"status": "CANCELLED", "code": "CANCELLED", "sentence": "The run was cancelled."}
    shop.functions.answers |= {"invoker": invoke, "closer": lambda _: cancelled}
    ended = shop.run(QUICK)

    assert (ended["status"], ended["output"]) == ("SUCCEEDED", {"run_id": run_id, "status": "CANCELLED"})
    assert [order["reason"] for order in shop.functions.called("closer")] == ["CANCELLED"]


def test_run_that_is_cancelled_between_two_agents_does_not_begin_the_second(shop: Workshop) -> None:
    run_id = shop.accept("explorer", "reporter")

    def invoke(order: Mapping[str, Any]) -> object:
        shop.complete(run_id, 1, last=False)
        shop.journal.request_cancel(run_id)
        return started(order)

    cancelled = {"status": "CANCELLED", "code": "CANCELLED", "sentence": "The run was cancelled."}
    shop.functions.answers |= {"invoker": invoke, "closer": lambda _: cancelled}

    assert shop.run(QUICK)["output"]["status"] == "CANCELLED"
    assert len(shop.functions.called("invoker")) == 1


def test_invoker_that_fails_ends_the_run_with_its_error(shop: Workshop) -> None:
    shop.accept("explorer")

    def refuse(_: Mapping[str, Any]) -> object:
        raise Refusal("no such runtime")

    failed = {"status": "FAILED", "code": "INTERNAL", "sentence": "No such runtime."}
    shop.functions.answers |= {"invoker": refuse, "closer": lambda _: failed}
    ended = shop.run(QUICK)
    (order,) = shop.functions.called("closer")

    assert (ended["status"], ended["error"]) == ("FAILED", "INTERNAL")
    assert (order["reason"], order["error"]) == ("FAILED", "Runtime.HandlerError")
    assert "no such runtime" in order["cause"]


def test_door_that_fails_fails_the_machine_with_a_sentence(shop: Workshop) -> None:
    shop.accept("explorer")

    def refuse(_: Mapping[str, Any]) -> object:
        raise Refusal("the journal is busy")

    shop.functions.answers["door"] = refuse
    ended = shop.run(QUICK)

    assert (ended["status"], ended["error"]) == ("FAILED", "INTERNAL")
    assert ended["cause"].endswith("the journal is busy")
    assert len(shop.functions.called("door")) == 4


def test_closer_that_fails_leaves_the_machine_failed_and_the_rule_to_try_again(shop: Workshop) -> None:
    shop.accept("explorer")

    def refuse(_: Mapping[str, Any]) -> object:
        raise Refusal("the journal is away")

    shop.functions.answers |= {"invoker": refuse, "closer": refuse}
    ended = shop.run(QUICK)

    assert (ended["status"], ended["error"]) == ("FAILED", "INTERNAL")
    assert len(shop.functions.called("closer")) == 4


def test_eight_hours_of_waiting_stay_below_5000_events_of_history(shop: Workshop) -> None:
    run_id = shop.accept("explorer")
    patient = Limits(agent=28_800, workflow=28_800, heartbeat=900, poll=DEFAULTS.poll, poll_max=DEFAULTS.poll_max)

    def invoke(order: Mapping[str, Any]) -> object:
        shop.begin(run_id, 1)
        return started(order)

    shop.functions.answers |= {"invoker": invoke, "closer": lambda _: {**CLOSED, "status": "TIMED_OUT"}}
    with shop.waits_scaled(0.0001):
        ended = shop.run(patient)
    entered = shop.entered(ended["executionArn"])
    events = 2 + sum(EVENTS[kind] for kind in entered)

    assert ended["status"] == "FAILED"
    assert entered.count("Wait") == 516
    assert 4_500 < events < 5_000
