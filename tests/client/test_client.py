import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from client import (
    ClosedError,
    LongrunClient,
    LongrunError,
    ProtocolError,
    RequestError,
    RunSummary,
    Target,
    Timing,
)
from tests.client.conftest import Play
from tests.client.deployment import OTHER_ID, RUN_ID, STARTED, Deployment, Frame, answer, text


def test_a_started_run_is_followed_to_its_end(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record_answer(RUN_ID, ["Be", "cause"])

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.start("Why?", agent="a", session_id="s", run_id=RUN_ID)
            seen = [(event.seq, event.type) async for event in run]
            outcome = await run.wait()

        assert seen == [(1, "RUN_ACCEPTED"), (2, "TEXT"), (3, "TEXT"), (4, "RUN_SUCCEEDED")]
        assert (outcome.status, outcome.answer, outcome.events) == ("SUCCEEDED", "Because", 4)
        assert (outcome.run_id, outcome.session_id, outcome.error) == (RUN_ID, "s", None)
        assert outcome.data == {"stop_reason": "end_turn"}

    play(scene)
    expected = {"action": "start", "question": "Why?", "agent": "a", "session_id": "s", "run_id": RUN_ID}
    assert deployment.received == [expected]


def test_a_start_has_a_run_id_of_its_own_and_leaves_out_what_is_not_given(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    async def take_any(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        deployment.record_answer(frame["run_id"], [])
        await answer(deployment, socket, frame)

    deployment.answer = take_any

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.start("Why?")
            await run.wait()
            assert deployment.received == [{"action": "start", "question": "Why?", "run_id": run.run_id}]

    play(scene)


def test_a_run_that_failed_comes_out_with_its_error(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record(RUN_ID, STARTED, text("half"), ("RUN_FAILED", {"code": "MODEL_ERROR", "error": "No model."}))

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            outcome = await (await client.watch(RUN_ID)).wait()

        assert (outcome.status, outcome.answer) == ("FAILED", "half")
        assert outcome.error == {"code": "MODEL_ERROR", "error": "No model."}

    play(scene)


def test_watching_goes_on_after_the_given_event(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record_answer(RUN_ID, ["a", "b", "c"])

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            outcome = await (await client.watch(RUN_ID, after=3)).wait()
            assert (outcome.answer, outcome.events) == ("c", 2)

    play(scene)


def test_watching_what_follows_the_end_gives_the_end(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record_answer(RUN_ID, ["a"])

    async def only_the_end(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.acknowledge(socket, frame)
        await deployment.send_events(socket, RUN_ID, 3)

    deployment.answer = only_the_end

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            outcome = await (await client.watch(RUN_ID, after=3)).wait()
            assert (outcome.status, outcome.answer) == ("SUCCEEDED", "")

    play(scene)


def test_a_run_whose_event_is_on_its_way_is_waited_for(deployment: Deployment, play: Play, timing: Timing) -> None:
    async def late(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        if len(deployment.received) == 4:
            deployment.record_answer(RUN_ID, ["a"])
        await answer(deployment, socket, frame)

    deployment.answer = late

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert (await (await client.watch(RUN_ID, patience=60)).wait()).answer == "a"

    play(scene)
    assert deployment.actions() == ["resume"] * 4


def test_a_run_that_never_starts_is_given_up_with_advice_where_to_look(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(RequestError, match=r"not known 0\.05 s after its event.*dead-letter queue") as caught:
                await client.watch(RUN_ID, patience=0.05)
            assert (caught.value.code, caught.value.run_id) == ("UNKNOWN_RUN", RUN_ID)

    play(scene)
    assert len(deployment.received) > 1


def test_without_patience_an_unknown_run_is_rejected_at_once(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(RequestError, match="There is no such run"):
                await client.watch(RUN_ID)

    play(scene)
    assert deployment.actions() == ["resume"]


def test_a_foreign_run_is_not_waited_for(deployment: Deployment, play: Play, timing: Timing) -> None:
    async def foreign(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.reject(socket, "NOT_OWNER", "It is somebody else's.", frame["run_id"])

    deployment.answer = foreign

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(RequestError, match="somebody else's"):
                await client.watch(RUN_ID, patience=60)

    play(scene)
    assert deployment.actions() == ["resume"]


def test_the_answer_of_agents_in_turn_is_the_last_ones(deployment: Deployment, play: Play, timing: Timing) -> None:
    begun: tuple[str, Frame] = ("AGENT_BACKGROUND_TASK_STARTED", {})
    done: tuple[str, Frame] = ("AGENT_BACKGROUND_TASK_COMPLETED", {})
    deployment.record(RUN_ID, STARTED, begun, text("I looked."), done, begun, text("It "), text("rose."), done, begun)
    deployment.record(RUN_ID, done, ("RUN_SUCCEEDED", {}))

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert (await (await client.watch(RUN_ID)).wait()).answer == "It rose."

    play(scene)


def test_a_rejected_start_raises_with_code_and_message(deployment: Deployment, play: Play, timing: Timing) -> None:
    async def conflict(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.reject(socket, "CONFLICT", "The session is busy.", frame["run_id"])

    deployment.answer = conflict

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            for _ in range(2):  # a rejected run leaves nothing in the client
                with pytest.raises(RequestError, match="The session is busy") as caught:
                    await client.start("Why?", run_id=RUN_ID)
                assert (caught.value.code, caught.value.run_id) == ("CONFLICT", RUN_ID)

    play(scene)


@pytest.mark.parametrize("action", ["watch", "cancel"])
def test_a_rejection_without_a_run_id_answers_the_only_request(
    deployment: Deployment, play: Play, timing: Timing, action: str
) -> None:
    async def malformed(deployment: Deployment, socket: ServerConnection, _frame: Frame) -> None:
        await deployment.reject(socket, "INVALID_REQUEST", "The run_id is not a UUID.")

    deployment.answer = malformed

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(RequestError, match="not a UUID") as caught:
                await getattr(client, action)("nope")
            assert (caught.value.code, caught.value.run_id) == ("INVALID_REQUEST", "nope")

    play(scene)


@pytest.mark.parametrize("action", ["watch", "cancel"])
def test_an_unknown_run_raises(deployment: Deployment, play: Play, timing: Timing, action: str) -> None:
    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(RequestError) as caught:
                await getattr(client, action)(RUN_ID)
            assert caught.value.code == "UNKNOWN_RUN"

    play(scene)
    assert len(deployment.sockets) == 1


def test_several_runs_share_one_socket(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record_answer(RUN_ID, ["a", "b"])
    deployment.record_answer(OTHER_ID, ["x", "y"])

    async def interleave(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.acknowledge(socket, frame)
        if len(deployment.received) == 2:
            for seq in range(1, 5):
                await deployment.send_events(socket, RUN_ID, seq)
                await deployment.send_events(socket, OTHER_ID, seq)

    deployment.answer = interleave

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            first = await client.start("Why?", run_id=RUN_ID)
            second = await client.start("How?", run_id=OTHER_ID)
            outcomes = await asyncio.gather(first.wait(), second.wait())
            assert [outcome.answer for outcome in outcomes] == ["ab", "xy"]

    play(scene)
    assert len(deployment.sockets) == 1


def test_a_run_is_followed_once_by_one_client(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record(RUN_ID, STARTED)

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            await client.watch(RUN_ID)
            with pytest.raises(LongrunError, match=r"already follows run ") as caught:
                await client.watch(RUN_ID)
            assert caught.value.code == "CONFLICT"

    play(scene)


def test_a_run_that_was_seen_to_its_end_can_be_watched_again(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    deployment.record_answer(RUN_ID, ["a"])

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            for _ in range(3):
                assert (await (await client.watch(RUN_ID)).wait()).answer == "a"

    play(scene)


def test_a_run_can_be_cancelled_by_its_handle(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record(RUN_ID, STARTED)

    async def cancel(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await answer(deployment, socket, frame)
        if frame["action"] == "cancel":
            deployment.record(RUN_ID, ("RUN_CANCELLED", {}))
            await deployment.send_events(socket, RUN_ID, 2)

    deployment.answer = cancel

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.start("Why?", run_id=RUN_ID)
            await run.cancel()
            assert (await run.wait()).status == "CANCELLED"

    play(scene)


def test_the_runs_of_the_caller_are_listed(deployment: Deployment, play: Play, timing: Timing) -> None:
    summary = {
        "run_id": RUN_ID,
        "status": "SUCCEEDED",
        "agent": "a",
        "session_id": "s",
        "question": "Why?",
        "created_at": "2026-11-21T09:00:00.000Z",
    }

    async def list_runs(deployment: Deployment, socket: ServerConnection, _frame: Frame) -> None:
        await deployment.send(socket, {"type": "runs", "runs": [summary]})

    deployment.answer = list_runs

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert await client.runs(limit=3) == [RunSummary(**summary, open_questions=0)]

    play(scene)
    assert deployment.received == [{"action": "runs", "limit": 3}]


def test_a_ping_shows_the_time_to_the_deployment(deployment: Deployment, play: Play, timing: Timing) -> None:
    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert 0 < await client.ping() < 20

    play(scene)
    assert deployment.received == [{"action": "ping"}]


def test_frames_of_other_kinds_are_passed_over(deployment: Deployment, play: Play, timing: Timing) -> None:
    async def chatter(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        throttled = {"message": "Too Many Requests", "connectionId": "c1", "requestId": "r1"}
        unknown_run = {"type": "event", "event": {"run_id": OTHER_ID, "seq": 1, "type": "TEXT", "at": "", "data": {}}}
        await deployment.send(socket, throttled, {"type": "weather"}, unknown_run)
        await deployment.acknowledge(socket, {"action": "cancel", "run_id": OTHER_ID})
        await deployment.reject(socket, "INTERNAL", "Nobody asked.", OTHER_ID)
        await answer(deployment, socket, frame)

    deployment.answer = chatter

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            await client.ping()

    play(scene)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ({"type": "event", "event": {"seq": 1}}, "its event frame is malformed"),
        ({"type": "error"}, "its error frame is malformed"),
        ({"type": "runs"}, "its list of runs is malformed"),
        ({"type": "runs", "runs": [7]}, "its list of runs is malformed"),
    ],
)
def test_a_malformed_frame_is_a_protocol_error(
    deployment: Deployment, play: Play, timing: Timing, frame: dict[str, Any], reason: str
) -> None:
    async def babble(deployment: Deployment, socket: ServerConnection, _frame: Frame) -> None:
        await deployment.send(socket, frame)

    deployment.answer = babble

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(ProtocolError, match=reason):
                await client.runs()

    play(scene)


def test_leaving_the_client_ends_those_who_wait(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record(RUN_ID, STARTED)

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.watch(RUN_ID)
            waiting = asyncio.create_task(run.wait())
        with pytest.raises(ClosedError):
            await waiting
        with pytest.raises(ClosedError):
            await client.ping()

    play(scene)


def test_a_client_that_was_not_entered_shows_so(timing: Timing) -> None:
    client = LongrunClient(Target("ws://127.0.0.1:1"), timing)

    with pytest.raises(ClosedError):
        asyncio.run(client.ping())


@pytest.mark.parametrize(
    ("session_id", "run_id"),
    [("x" * 101, None), ("_s", None), ("", None), ("a b", None), (None, ""), (None, RUN_ID.upper()), (None, "x" * 36)],
)
def test_an_id_that_no_gateway_accepts_is_rejected_before_it_is_sent(
    deployment: Deployment, play: Play, timing: Timing, session_id: str | None, run_id: str | None
) -> None:
    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(RequestError, match=r"is not valid|is not a UUID") as caught:
                await client.start("Why?", session_id=session_id, run_id=run_id)
            assert caught.value.code == "INVALID_REQUEST"
            for request in (client.cancel, client.watch, client.files):
                with pytest.raises(RequestError, match="is not a UUID"):
                    await request("not-a-run")
            await client.ping()

    play(scene)
    assert deployment.actions() == ["ping"]


@pytest.mark.parametrize(
    ("question", "message"),
    [("x" * 33_000, "limit of a frame is 32768"), ("half \ud83d", "surrogate")],
    ids=["too long", "not Unicode"],
)
def test_what_no_frame_can_carry_is_rejected_before_it_is_sent(
    deployment: Deployment, play: Play, timing: Timing, question: str, message: str
) -> None:
    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(RequestError, match=message) as caught:
                await client.start(question)
            assert caught.value.code == "INVALID_REQUEST"
            await client.ping()

    play(scene)
    assert deployment.actions() == ["ping"]
