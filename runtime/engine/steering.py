"""Gives a running agent the messages that its user sends meanwhile: each before the next call of the model, once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, cast

from strands import Agent
from strands.hooks import BeforeModelCallEvent, HookOrder
from strands.types.content import Message

from runtime.delivery.dependencies import Dependencies
from runtime.delivery.turns import TurnDelivery
from runtime.engine.conversations import user_message
from runtime.journal import Head
from runtime.process.logs import log

_AFTER_ALL_OTHERS: Final = HookOrder.SDK_LAST + 3
"""A hook that denies the model call, or raises, leaves the messages to a later call or to runs of their own."""

Written = Callable[[], Awaitable[None]]


class Steering:
    """The messages of one worker's part of a run. `newest_head` returns the newest head that the worker knows, `given`
    is the number of the newest event MESSAGE whose text the agent has. `is_stopped` returns whether the agent is told
    to stop: then it is given none."""

    def __init__(
        self,
        dependencies: Dependencies,
        newest_head: Callable[[], Head],
        given: int,
        is_stopped: Callable[[], bool],
    ) -> None:
        self._journal = dependencies.journal
        self._threads = dependencies.journal_threads
        self._post_threads = dependencies.post_threads
        self._delivery = TurnDelivery(dependencies.journal, dependencies.connections)
        self._newest_head = newest_head
        self._is_stopped = is_stopped
        self._written: Written | None = None
        self._is_first = True
        self._ends: set[asyncio.Task[None]] = set()
        self.given = given

    def attach(self, agent: Agent, written: Written) -> None:
        """Have the agent get the messages; `written` waits until what it has said before is in the journal."""
        self._written = written
        agent.hooks.add_callback(BeforeModelCallEvent, self._before_call, order=_AFTER_ALL_OTHERS)

    async def settle(self, seconds: float) -> None:
        """Wait until those who sent the messages know that the agent has taken them, at most that long."""
        if self._ends:
            await asyncio.wait(self._ends, timeout=max(0.0, seconds))

    async def _before_call(self, event: BeforeModelCallEvent) -> None:
        if event.cancel or self._is_stopped():
            return
        try:
            texts = await self._take()
        except Exception:
            # They are not lost: the next call finds them, or they become runs of their own.
            log("steering.not_taken", level="ERROR", exc_info=True)
            return
        _add(event.agent, texts)

    async def _take(self) -> list[str]:
        """The texts of the messages that the agent has not had."""
        head = await self._head()
        if not head.messages and head.steered <= self.given:
            return []
        if self._written is not None:
            await self._written()
        if head.cancel_requested or self._is_stopped():
            return []
        taken = await self._threads.run(self._journal.messages.take, head)
        if taken:
            self._deliver_ends([message.run_id for message in taken])
        if head.steered > self.given:  # an earlier attempt has taken some
            taken = await self._threads.run(self._journal.messages.taken, head.run_id, self.given)
        self.given = max([self.given, *(message.seq for message in taken)])
        if taken:
            log("steering.taken", messages=len(taken), seq=self.given)
        return [message.text for message in taken]

    async def _head(self) -> Head:
        """The first call of the model comes right after the claim; a later one after tools, which take time."""
        head = self._newest_head()
        if self._is_first:
            self._is_first = False
            return head
        return await self._threads.run(self._journal.head, head.run_id)

    def _deliver_ends(self, run_ids: Sequence[str]) -> None:
        task = asyncio.create_task(self._delivered(run_ids))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    async def _delivered(self, run_ids: Sequence[str]) -> None:
        for run_id in run_ids:
            try:
                await self._post_threads.run(self._delivery.deliver, run_id)
            except Exception:
                log("steering.end_not_posted", level="WARNING", message_id=run_id, exc_info=True)


def _add(agent: Agent, texts: list[str]) -> None:
    """Add the texts to the user's newest message, after the results of tools: a model rejects a conversation in which
    the user speaks twice in a row."""
    for text in texts:
        last = agent.messages[-1] if agent.messages else None
        if last is None or last["role"] != "user":
            agent.messages.append(user_message(text))
        else:
            agent.messages[-1] = cast("Message", {**last, "content": [*last["content"], {"text": text}]})
