"""A run asks its user: the client sends answers, and a program's callback is asked what stays open."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from client import LATER, LongrunClient, RequestError, RunQuestion, Timing
from client._target import Target
from tests.client.deployment import RUN_ID, STARTED, SUCCEEDED, Deployment, Frame, answer, text

Play = Callable[[Callable[[Target], Coroutine[Any, Any, None]]], None]
CHOICE = {"type": "string", "enum": ["regression", "weighting"]}
UNTIL = "2026-12-01T09:00:00.000Z"


def asks(question_id: str = "q-0000000001", **fields: object) -> tuple[str, Frame]:
    return "QUESTION", {"question_id": question_id, "text": "Which estimator?", "expires_at": UNTIL, **fields}


def answered(value: object, question_id: str = "q-0000000001", by: str = "user") -> tuple[str, Frame]:
    return "ANSWER", {"question_id": question_id, "answer": value, "by": by}


class Asking:
    """A run that waits until its question gets an answer that is one of `accepts`, then succeeds."""

    def __init__(self, *accepts: object) -> None:
        self._accepts = accepts

    async def __call__(self, deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        if frame["action"] != "answer":
            await answer(deployment, socket, frame)
            return
        if frame["answer"] not in self._accepts:
            message = f"The answer does not fit: {frame['answer']}."
            await deployment.reject(socket, "INVALID_REQUEST", message, RUN_ID)
            return
        await deployment.acknowledge(socket, frame)
        before = len(deployment.journal[RUN_ID])
        deployment.record(RUN_ID, answered(frame["answer"], frame["question_id"]), text("Done."), SUCCEEDED)
        await deployment.send_events(socket, RUN_ID, *range(before + 1, before + 4))


def answers_sent(deployment: Deployment) -> list[object]:
    return [frame["answer"] for frame in deployment.received if frame["action"] == "answer"]


def test_an_answer_is_sent_with_its_question(deployment: Deployment, play: Play) -> None:
    deployment.record(RUN_ID, STARTED, asks())

    async def scene(target: Target) -> None:
        async with LongrunClient(target) as client:
            await client.answer(RUN_ID, {"n": 1}, "q-0000000001")
            await client.answer(RUN_ID, None)

    play(scene)

    named = {"action": "answer", "run_id": RUN_ID, "answer": {"n": 1}, "question_id": "q-0000000001"}
    assert deployment.received == [named, {"action": "answer", "run_id": RUN_ID, "answer": None}]


@pytest.mark.parametrize("code", ["CONFLICT", "INVALID_REQUEST", "NOT_OWNER", "UNKNOWN_RUN"])
def test_a_rejected_answer_is_an_error_with_its_code(deployment: Deployment, play: Play, code: str) -> None:
    async def reject(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await deployment.reject(socket, code, "No.", frame["run_id"])

    async def scene(target: Target) -> None:
        async with LongrunClient(target) as client:
            with pytest.raises(RequestError) as caught:
                await client.answer(RUN_ID, "yes")
        assert (caught.value.code, caught.value.message) == (code, "No.")

    deployment.answer = reject
    play(scene)


def test_a_start_brings_its_answers(deployment: Deployment, play: Play) -> None:
    deployment.record_answer(RUN_ID, ["Fine."])

    async def scene(target: Target) -> None:
        async with LongrunClient(target) as client:
            await (await client.start("Why?", run_id=RUN_ID, answers=["regression", 3])).wait()

    play(scene)

    assert deployment.received[0]["answers"] == ["regression", 3]


def test_a_program_is_asked_until_its_answer_fits(deployment: Deployment, play: Play, timing: Timing) -> None:
    deployment.record(RUN_ID, STARTED, asks(schema=CHOICE, default="regression"))
    deployment.answer = Asking("weighting")
    seen: list[RunQuestion] = []

    async def choose(question: RunQuestion) -> object:
        seen.append(question)
        return "weighting" if question.problem else "matching"

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            outcome = await (await client.watch(RUN_ID)).wait(choose)
        assert (outcome.status, outcome.answer) == ("SUCCEEDED", "Done.")

    play(scene)

    assert answers_sent(deployment) == ["matching", "weighting"]
    first, second = seen
    assert first == RunQuestion(RUN_ID, "q-0000000001", "Which estimator?", CHOICE, "regression", UNTIL)
    assert second.problem == "The answer does not fit: matching."


def test_a_question_that_is_answered_in_the_journal_is_not_asked_again(deployment: Deployment, play: Play) -> None:
    deployment.record(RUN_ID, STARTED, asks(), answered("regression"), text("Done."), SUCCEEDED)

    def unexpected(question: RunQuestion) -> object:
        raise AssertionError(question)

    async def scene(target: Target) -> None:
        async with LongrunClient(target) as client:
            assert (await (await client.watch(RUN_ID)).wait(unexpected)).status == "SUCCEEDED"

    play(scene)


def test_a_callback_is_ended_where_somebody_else_answers(deployment: Deployment, play: Play) -> None:
    deployment.record(RUN_ID, STARTED, asks())
    outcomes: list[str] = []

    async def think(_question: RunQuestion) -> object:
        deployment.record(RUN_ID, answered("regression"), SUCCEEDED)
        await deployment.send_events(deployment.sockets[0], RUN_ID, 3, 4)
        try:
            return await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            outcomes.append("cancelled")
            raise

    async def scene(target: Target) -> None:
        async with LongrunClient(target) as client:
            assert (await (await client.watch(RUN_ID)).wait(think)).status == "SUCCEEDED"

    play(scene)

    assert outcomes == ["cancelled"]
    assert answers_sent(deployment) == []


def test_several_questions_are_asked_one_after_the_other_and_one_may_be_left(
    deployment: Deployment, play: Play
) -> None:
    deployment.record(RUN_ID, STARTED, asks("q-0000000001"), asks("q-0000000002"))
    deployment.answer = Asking("yes")
    asked: list[str] = []

    def choose(question: RunQuestion) -> object:
        asked.append(question.question_id)
        return LATER if question.question_id == "q-0000000001" else "yes"

    async def scene(target: Target) -> None:
        async with LongrunClient(target) as client:
            await (await client.watch(RUN_ID)).wait(choose)

    play(scene)

    assert asked == ["q-0000000001", "q-0000000002"]
    assert answers_sent(deployment) == ["yes"]


def test_an_error_of_the_callback_reaches_the_reader(deployment: Deployment, play: Play) -> None:
    deployment.record(RUN_ID, STARTED, asks())

    def fail(_question: RunQuestion) -> object:
        raise ZeroDivisionError("no answer")

    async def scene(target: Target) -> None:
        async with LongrunClient(target) as client:
            run = await client.watch(RUN_ID)
            with pytest.raises(ZeroDivisionError, match="no answer"):
                await run.wait(fail)

    play(scene)


def test_a_run_that_waits_is_waited_for_until_the_timeout(deployment: Deployment, play: Play) -> None:
    deployment.record(RUN_ID, STARTED, asks())

    async def scene(target: Target) -> None:
        async with LongrunClient(target) as client:
            run = await client.watch(RUN_ID)
            with pytest.raises(TimeoutError):
                await run.wait(timeout=0.01)

    play(scene)


def test_a_silent_run_that_waits_is_not_resumed_again_and_again(deployment: Deployment, play: Play) -> None:
    deployment.record(RUN_ID, STARTED, asks())
    timing = Timing(quiet=0.01, keep_alive=0.2)

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            await client.watch(RUN_ID)
            while "ping" not in deployment.actions():  # noqa: ASYNC110  what arrives at the server
                await asyncio.sleep(0.005)

    play(scene)

    assert deployment.actions().count("resume") <= 3


def test_a_client_that_lost_its_socket_while_the_run_waited_sees_the_answer(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    deployment.record(RUN_ID, STARTED, asks())

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            run = await client.watch(RUN_ID)
            kinds = []
            async for event in run:
                kinds.append(event.type)
                if event.type == "QUESTION":
                    deployment.record(RUN_ID, answered("regression"), SUCCEEDED)
                    await deployment.sockets[0].close()
            assert kinds == ["RUN_ACCEPTED", "QUESTION", "ANSWER", "RUN_SUCCEEDED"]

    play(scene)

    assert [frame["after"] for frame in deployment.received] == [0, 2]
