"""What the client makes good by itself: lost sockets and frames, answers that do not come, runs that fall silent."""

import pytest
from websockets.asyncio.server import ServerConnection

from client import (
    LongrunClient,
    NoResponseError,
    RequestError,
    Target,
    Timing,
    UnreachableError,
)
from tests.client.conftest import Play
from tests.client.deployment import RUN_ID, STARTED, Deployment, Frame, answer, text


@pytest.mark.parametrize("abort", [True, False], ids=["cut", "closed"])
def test_a_socket_lost_ten_times_in_mid_stream_loses_and_repeats_nothing(
    deployment: Deployment, play: Play, timing: Timing, abort: bool
) -> None:
    words = [f"word{number} " for number in range(60)]
    deployment.record_answer(RUN_ID, words)

    async def five_events_and_gone(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        if len(deployment.sockets) > 10:
            await answer(deployment, socket, frame)
            return
        await deployment.acknowledge(socket, frame)
        after = frame.get("after", 0)
        await deployment.send_events(socket, RUN_ID, *range(after + 1, after + 6))
        if abort:
            socket.transport.abort()
        else:
            await socket.close(1001)

    deployment.answer = five_events_and_gone

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.start("Why?", run_id=RUN_ID)
            seqs = [event.seq async for event in run]
            outcome = await run.wait()

        assert seqs == list(range(1, 63))
        assert outcome.answer == "".join(words)

    play(scene)
    assert len(deployment.sockets) == 11
    assert deployment.actions().count("start") == 1


def test_repeated_events_are_shown_once(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record_answer(RUN_ID, ["a", "b", "c"])

    async def stammer(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.acknowledge(socket, frame)
        await deployment.send_events(socket, RUN_ID, 1, 1, 2, 3, 2, 1, 3, 4, 3, 5, 5)

    deployment.answer = stammer

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.watch(RUN_ID)
            assert [event.seq async for event in run] == [1, 2, 3, 4, 5]

    play(scene)


def test_a_gap_is_asked_for_and_shown_in_order(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record_answer(RUN_ID, ["a", "b", "c"])

    async def leave_out(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.acknowledge(socket, frame)
        await deployment.send_events(socket, RUN_ID, *((1, 2, 4, 5) if frame["after"] == 0 else (3,)))

    deployment.answer = leave_out

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.watch(RUN_ID)
            assert [event.seq async for event in run] == [1, 2, 3, 4, 5]

    play(scene)
    assert [frame["after"] for frame in deployment.received] == [0, 2]


def test_a_gap_that_stays_is_asked_for_on_a_new_socket(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record_answer(RUN_ID, ["a", "b", "c"])

    async def deaf_on_the_first_socket(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.acknowledge(socket, frame)
        first = socket is deployment.sockets[0]
        await deployment.send_events(socket, RUN_ID, *((1, 4) if first else (2, 3, 4, 5)))

    deployment.answer = deaf_on_the_first_socket

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.watch(RUN_ID)
            assert [event.seq async for event in run] == [1, 2, 3, 4, 5]

    play(scene)
    assert len(deployment.sockets) == 2


def test_a_start_without_an_answer_is_sent_again_under_the_same_run_id(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    deployment.record_answer(RUN_ID, ["a"])

    async def deaf_once(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        if len(deployment.received) > 1:
            await answer(deployment, socket, frame)

    deployment.answer = deaf_once
    hasty = Timing(answer=0.05, reconnect=timing.reconnect)

    async def scene(target: Target) -> None:
        async with LongrunClient(target, hasty) as client:
            assert (await (await client.start("Why?", run_id=RUN_ID)).wait()).answer == "a"

    play(scene)
    assert deployment.received[0] == deployment.received[1]


def test_a_start_whose_socket_is_lost_is_sent_again_on_the_next(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    deployment.record_answer(RUN_ID, ["a"])

    async def hang_up_once(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        if len(deployment.sockets) == 1:
            await socket.close()
        else:
            await answer(deployment, socket, frame)

    deployment.answer = hang_up_once

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert (await (await client.start("Why?", run_id=RUN_ID)).wait()).answer == "a"

    play(scene)
    assert deployment.actions() == ["start", "start"]
    assert deployment.received[0] == deployment.received[1]


def test_events_that_overtake_the_ack_are_not_lost(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record_answer(RUN_ID, ["a"])

    async def late_ack(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.send_events(socket, RUN_ID, 1, 2, 3)
        await deployment.acknowledge(socket, frame)

    deployment.answer = late_ack

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert (await (await client.start("Why?", run_id=RUN_ID)).wait()).answer == "a"

    play(scene)


def test_a_request_that_is_never_answered_fails_after_three_attempts(deployment: Deployment, play: Play) -> None:
    async def deaf(_deployment: Deployment, _socket: ServerConnection, _frame: Frame) -> None:
        pass

    deployment.answer = deaf

    async def scene(target: Target) -> None:
        async with LongrunClient(target, Timing(answer=0.02)) as client:
            with pytest.raises(NoResponseError, match=r"Action start got no response for 0.06 s"):
                await client.start("Why?", run_id=RUN_ID)

    play(scene)
    assert deployment.actions() == ["start"] * 3


def test_an_error_frame_about_the_run_does_not_end_it_before_its_closing_event(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    deployment.record(RUN_ID, STARTED, text("half"), ("RUN_TIMED_OUT", {"error": "Query timeout"}))

    async def time_out(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.acknowledge(socket, frame)
        await deployment.send_events(socket, RUN_ID, 1, 2)
        await deployment.reject(socket, "TIMED_OUT", "Query timeout", RUN_ID)
        await deployment.send_events(socket, RUN_ID, 3)

    deployment.answer = time_out

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            outcome = await (await client.start("Why?", run_id=RUN_ID)).wait()

        assert (outcome.status, outcome.answer) == ("TIMED_OUT", "half")
        assert outcome.error == {"code": "TIMED_OUT", "error": "Query timeout"}

    play(scene)


def test_a_closing_event_that_does_not_follow_its_error_frame_is_asked_for(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    deployment.record(RUN_ID, STARTED, ("RUN_FAILED", {"code": "AGENT_LOST", "error": "Lost."}))

    async def forget_the_end(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        if frame["action"] == "resume":
            await answer(deployment, socket, frame)
            return
        await deployment.acknowledge(socket, frame)
        await deployment.send_events(socket, RUN_ID, 1)
        await deployment.reject(socket, "AGENT_LOST", "Lost.", RUN_ID)

    deployment.answer = forget_the_end

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert (await (await client.start("Why?", run_id=RUN_ID)).wait()).status == "FAILED"

    play(scene)


def test_a_replay_that_was_stopped_on_the_way_is_asked_for_from_there(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    deployment.record_answer(RUN_ID, list("abcdefgh"))

    async def three_at_a_time(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.acknowledge(socket, frame)
        first = frame["after"] + 1
        last = min(first + 2, 10)
        await deployment.send_events(socket, RUN_ID, *range(first, last + 1))
        if last < 10:
            await deployment.reject(socket, "THROTTLED", f"Send resume with after={last}.", RUN_ID)

    deployment.answer = three_at_a_time

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert (await (await client.watch(RUN_ID)).wait()).answer == "abcdefgh"

    play(scene)
    assert [frame["after"] for frame in deployment.received] == [0, 3, 6, 9]


def test_a_run_that_shows_nothing_for_long_is_asked_for(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record(RUN_ID, STARTED, ("RUN_FAILED", {"code": "AGENT_LOST", "error": "Lost."}))

    async def silent_until_asked(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.acknowledge(socket, frame)
        await deployment.send_events(socket, RUN_ID, *((1,) if frame["action"] == "start" else (2,)))

    deployment.answer = silent_until_asked

    async def scene(target: Target) -> None:
        async with LongrunClient(target, Timing(quiet=0.05, retry=timing.retry)) as client:
            assert (await (await client.start("Why?", run_id=RUN_ID)).wait()).status == "FAILED"

    play(scene)
    assert deployment.received[1] == {"action": "resume", "run_id": RUN_ID, "after": 1}


def test_a_resume_that_is_throttled_is_tried_again(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record_answer(RUN_ID, ["a"])
    refusals = iter(["THROTTLED", "INTERNAL"])

    async def busy(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        code = next(refusals, None) if frame["action"] == "resume" else None
        if frame["action"] == "start":
            await deployment.acknowledge(socket, frame)
            await socket.close()
        elif code:
            await deployment.reject(socket, code, "Later.", RUN_ID)
        else:
            await answer(deployment, socket, frame)

    deployment.answer = busy

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert (await (await client.start("Why?", run_id=RUN_ID)).wait()).answer == "a"

    play(scene)
    assert deployment.actions() == ["start", "resume", "resume", "resume"]


def test_a_run_that_is_out_of_reach_after_a_lost_socket_raises(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    async def forget(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        if frame["action"] == "start":
            await deployment.acknowledge(socket, frame)
            await socket.close()
        else:
            await deployment.reject(socket, "UNKNOWN_RUN", "There is no such run.", RUN_ID)

    deployment.answer = forget

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.start("Why?", run_id=RUN_ID)
            with pytest.raises(RequestError, match="no such run"):
                await run.wait()

    play(scene)


def test_a_deployment_on_this_machine_is_not_waited_for_when_it_goes_away(deployment: Deployment, play: Play) -> None:
    async def scene(target: Target) -> None:
        async with LongrunClient(target, Timing(reconnect=(0.0, 0.0, 60.0))) as client:
            await deployment.stop()
            with pytest.raises(UnreachableError):
                await client.ping()

    play(scene)


def test_a_deployment_that_goes_away_fails_the_runs_that_are_followed(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    deployment.record(RUN_ID, STARTED)

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.watch(RUN_ID)
            events = aiter(run)
            await anext(events)
            await deployment.stop()
            with pytest.raises(UnreachableError, match=r"ws://127.0.0.1:\d+/live cannot be reached"):
                await anext(events)
            with pytest.raises(UnreachableError):
                await client.ping()

    play(scene)
