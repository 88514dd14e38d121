import json
from dataclasses import replace
from typing import Any

import pytest

from contract.errors import ErrorCode, RunError
from contract.limits import MAX_STEP_SECONDS
from contract.step_request import StepRequest, state_payload

RUN = "0199a1b2-0000-7000-8000-000000000001"
HOSTED = ("explorer", "reporter")
PAYLOAD: dict[str, Any] = {"agent": "reporter", "step": 2, "steps": 3}


def read(payload: object, session_id: str | None = RUN) -> StepRequest:
    return StepRequest.from_invocation(payload, session_id, "00-trace", HOSTED)


def test_an_order_of_the_invoker_is_read_whole() -> None:
    order = {
        **PAYLOAD,
        "output": f"runs/{RUN}/steps/01-explorer.json",
        "seconds": 7200,
        "heartbeat_seconds": 30.5,
        "runtime_arn": "arn:runtime",
        "endpoint": "live",
        "token": "t",
        "keep_session": True,
    }

    job = read(order)

    assert job == StepRequest(
        run_id=RUN,
        agent="reporter",
        step=2,
        steps=3,
        output=f"runs/{RUN}/steps/01-explorer.json",
        seconds=7200.0,
        heartbeat_seconds=30.5,
        runtime_arn="arn:runtime",
        endpoint="live",
        token="t",
        keep_session=True,
        traceparent="00-trace",
    )
    assert not job.is_last


def test_agent_and_step_are_enough() -> None:
    job = read({"agent": "explorer", "step": 1, "token": None, "output": ""})

    assert (job.steps, job.seconds, job.token, job.output, job.keep_session) == (1, MAX_STEP_SECONDS, "", "", False)
    assert job.is_last


@pytest.mark.parametrize(
    ("session_id", "said"),
    [
        (None, "has no session id; invoke with the run's id"),
        ("short", 'has the session id "short"; invoke with'),
        ("x" * 101, "has the session id .*; invoke with"),
        ("-" + "x" * 40, "has the session id .*; invoke with"),
        ("x" * 36 + " ", "has the session id .*; invoke with"),
    ],
)
def test_a_session_that_is_no_runs_is_refused(session_id: str | None, said: str) -> None:
    with pytest.raises(RunError, match=said) as refused:
        read(PAYLOAD, session_id)

    assert refused.value.code is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("hello", "The payload is a JSON string; send an object with agent and step."),
        ({"step": 1}, "The payload names no agent; send one of: explorer, reporter."),
        ({"agent": "x", "step": 1}, 'Agent "x" is not hosted here; hosted agents: explorer, reporter.'),
        ({"agent": ["explorer"], "step": 1}, "is not hosted here"),
        ({"agent": "explorer"}, "The payload has no step; send the number of the agent's turn in the run"),
        ({**PAYLOAD, "step": 0}, "The step 0 is not valid; send a whole number from 1 to 99."),
        ({**PAYLOAD, "step": True}, "The step true is not valid"),
        ({**PAYLOAD, "steps": 1}, "The steps 1 is not valid; send a whole number from 2 to 99."),
        ({**PAYLOAD, "seconds": -1}, "The seconds -1 is not valid; send a number over 0 and up to 28800."),
        ({**PAYLOAD, "seconds": 28_801}, "The seconds 28801 is not valid"),
        ({**PAYLOAD, "heartbeat_seconds": "10"}, "The heartbeat_seconds"),
        (
            {**PAYLOAD, "output": "sessions/0a1b/s.json"},
            'The output "sessions/0a1b/s.json" is not this run\'s; '
            f"send a key below runs/{RUN}/steps/ or leave it out.",
        ),
        ({**PAYLOAD, "output": 5}, "The output is a JSON number; send a text or leave it out."),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_what_is_allowed(payload: object, said: str) -> None:
    with pytest.raises(RunError) as refused:
        read(payload)

    assert said in refused.value.message


STATE: dict[str, Any] = {
    "run_id": RUN,
    "agent": "reporter",
    "next_agent": "",
    "step": 2.0,
    "steps": 2,
    "attempt": 1,
    "traceparent": "00-trace",
    "output": f"runs/{RUN}/steps/01-explorer.json",
    "seconds": 600,
    "heartbeat_seconds": 60,
    "token": "t",
}


def test_what_the_state_machine_sends_is_what_the_application_reads() -> None:
    sent = replace(StepRequest.from_state(STATE), runtime_arn="arn:runtime", endpoint="live", keep_session=True)

    received = StepRequest.from_invocation(sent.to_invocation(), RUN, "00-trace", HOSTED)

    assert received == sent
    assert json.loads(json.dumps(sent.to_invocation())) == {
        "agent": "reporter",
        "step": 2,
        "steps": 2,
        "output": f"runs/{RUN}/steps/01-explorer.json",
        "seconds": 600,
        "heartbeat_seconds": 60,
        "runtime_arn": "arn:runtime",
        "endpoint": "live",
        "token": "t",
        "keep_session": True,
    }


@pytest.mark.parametrize("missing", [name for name in STATE if name != "traceparent"])
def test_a_payload_of_the_state_machine_has_every_field(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        StepRequest.from_state({name: value for name, value in STATE.items() if name != missing})


def test_the_state_machines_payload_is_built_with_every_field_and_no_other() -> None:
    assert state_payload(**STATE) == STATE
    with pytest.raises(TypeError, match="has the fields run_id, agent, "):
        state_payload(**{name: value for name, value in STATE.items() if name != "token"})
    with pytest.raises(TypeError, match="keep_session"):
        state_payload(**STATE, keep_session=True)
