"""The scripted model: deterministic, it follows scenario files and fills its answers with the tools' real results."""

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sandbox.sidecar.bedrock.conversation import Conversation, Message, TextBlock, ToolResult, ToolUse
from sandbox.sidecar.bedrock.errors import invalid
from sandbox.sidecar.bedrock.pacing import Pace, paced
from sandbox.sidecar.bedrock.replies import Events, Reply, metadata
from sandbox.sidecar.bedrock.scenarios import Call, Scenario, Turn
from sandbox.sidecar.bedrock.wording import MINUS_SIGN, MissingValueError, Outcome, Wording

_UNKNOWN = """\
I am the sandbox's scripted model, not a language model, and none of my scenarios fits this question, so I will not \
make up an answer.

{known}

For any other question, use a real model: start the sandbox with `longrun up --model-url URL` (any OpenAI-compatible \
server, for example one on this machine), or deploy the same program to AWS, where the agent uses Amazon Bedrock."""
_NAMED_CALL = 'Call the tool NAME with {"argument": "value"}'
_NO_TOOL = (
    "I cannot answer this: it needs the tool {tool}, and this agent offers {offered}. "
    "I give no figure that was not computed."
)
_FAILED = (
    'I could not answer this: the tool {failed_tool} failed with "{failure}". '
    "I give no figure, because none was computed."
)
_MISSING = (
    "The tool answered, but its result lacks what my answer needs ({missing}), so I give no figure. "
    "The result was: {result}"
)
_FORGOTTEN = (
    "Nothing earlier in this conversation tells me what that refers to. "
    "Please ask the question it follows from first, then this one."
)
_FINDINGS = "\n\nWhat the agent "


@dataclass(frozen=True, slots=True)
class _Exchange:
    """The newest question, and the messages before and after it."""

    question: str
    earlier: tuple[Message, ...]
    since: tuple[Message, ...]


class ScriptedModel:
    """Answers conversations; the same conversation always gets the same reply, including tool-use ids."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self._scenarios = scenarios

    @property
    def description(self) -> str:
        return "scripted"

    async def close(self) -> None:
        """Does nothing: there is no connection to close."""

    async def answer(self, conversation: Conversation, pace: Pace) -> Events:
        """Yields the reply at the given pace, then its usage and the elapsed time."""
        begin = time.monotonic()
        reply = self.reply(conversation).within(conversation.max_tokens, conversation.stop_sequences)
        tokens = 0
        async with aclosing(paced(reply.events(), pace)) as batches:
            async for batch in batches:
                tokens += sum(event.tokens for event in batch)
                yield batch
        yield [metadata(conversation.input_tokens, tokens, round(1000 * (time.monotonic() - begin)))]

    def reply(self, conversation: Conversation) -> Reply:
        """Returns the complete reply; raises ValidationException for a forced tool choice."""
        if not conversation.questions:
            raise invalid("The sandbox's scripted model needs a user message with text.")
        if conversation.tool_choice and "auto" not in conversation.tool_choice:
            raise invalid(
                "The sandbox's scripted model calls the tools of its scenarios and cannot be forced by toolChoice. "
                "Use a real model: `longrun up --model-url URL`."
            )
        exchange = _newest_exchange(conversation)
        fitting = [
            (scenario, groups)
            for scenario in self._scenarios
            if (groups := scenario.match.found(exchange.question)) is not None
        ]
        if not fitting:
            return Reply.of([TextBlock(_UNKNOWN.format(known=self._known(conversation)))])
        offered = {tool.name for tool in conversation.tools}
        # The agent may lack tools of every matching scenario; then the one that lacks fewest names what is missing.
        scenario, groups = min(fitting, key=lambda found: len(found[0].tools - offered))
        return _ScenarioReply(scenario, groups, conversation, exchange).reply()

    def _known(self, conversation: Conversation) -> str:
        offered = {tool.name for tool in conversation.tools}
        known = [scenario for scenario in self._scenarios if scenario.listed and scenario.tools <= offered]
        lines = ["Questions that I can answer:", *(f"- {scenario.question}" for scenario in known)]
        if offered:
            lines += [
                "",
                f"I also call any tool of this agent ({', '.join(sorted(offered))}) when you write: {_NAMED_CALL}",
            ]
        return "\n".join(lines)


class _ScenarioReply:
    """The reply of one scenario to one conversation."""

    def __init__(
        self, scenario: Scenario, groups: Mapping[str, str], conversation: Conversation, exchange: _Exchange
    ) -> None:
        self._scenario = scenario
        self._conversation = conversation
        self._exchange = exchange
        self._groups = groups

    def reply(self) -> Reply:
        words: dict[str, Any] = {**self._groups, **_history(self._exchange)}
        for name, pattern in self._scenario.recall.items():
            words[name] = _recalled(name, pattern, self._exchange.earlier)
        if any(word is None for word in words.values()):
            return _text_reply(self._scenario.forgotten or _FORGOTTEN)
        outcomes, newest, turn = self._progress()
        wording = Wording(words, outcomes)
        try:
            return self._call_tools(turn, wording) if turn else self._answer(wording, newest)
        except MissingValueError as missing:
            if not outcomes:
                return _text_reply(self._scenario.forgotten or _FORGOTTEN)
            return _text_reply(_MISSING.format(missing=missing, result=outcomes[-1].text))

    def _progress(self) -> tuple[list[Outcome], list[Outcome], Turn | None]:
        """Returns the results so far, those of the newest turn, and the next turn (None: time to answer)."""
        turns = iter(self._scenario.turns)
        outcomes: list[Outcome] = []
        newest: list[Outcome] = []
        for called, answered in _pairs(self._exchange.since):
            turn = _next_turn(turns, newest)
            newest = _outcomes(turn.calls if turn else (), called, answered)
            outcomes += newest
        return outcomes, newest, _next_turn(turns, newest)

    def _call_tools(self, turn: Turn, wording: Wording) -> Reply:
        offered = sorted(tool.name for tool in self._conversation.tools)
        blocks: list[TextBlock | ToolUse] = [TextBlock(wording.fill(turn.say))] if turn.say else []
        for index, call in enumerate(turn.calls):
            tool = wording.fill(call.tool)
            if tool not in offered:
                return _text_reply(_NO_TOOL.format(tool=tool, offered=", ".join(offered) or "none"))
            blocks.append(ToolUse(_tool_use_id(self._conversation, index), tool, _input(call, wording)))
        return Reply.of(blocks)

    def _answer(self, wording: Wording, newest: Sequence[Outcome]) -> Reply:
        failed = next((outcome for outcome in newest if outcome.failed), None)
        if failed is None:
            return _text_reply(wording.fill(self._scenario.answer))
        words = {"failed_tool": failed.tool, "failure": failed.reason}
        return _text_reply(Wording(words, ()).fill(self._scenario.failed or _FAILED))


def _newest_exchange(conversation: Conversation) -> _Exchange:
    index, text = conversation.questions[-1]
    # The prompt of a later agent in a pipeline contains the findings of the previous one after the question.
    question = text.partition(_FINDINGS)[0]
    return _Exchange(question, conversation.messages[:index], conversation.messages[index + 1 :])


def _text_reply(text: str) -> Reply:
    return Reply.of([TextBlock(text)])


def _pairs(messages: Sequence[Message]) -> Iterator[tuple[Message, Message]]:
    """Yields each of the model's messages with the user's answer to it."""
    return zip(messages[::2], messages[1::2], strict=False)


def _next_turn(turns: Iterator[Turn], newest: Sequence[Outcome]) -> Turn | None:
    """Returns the next turn: after a failure only one with `after_failure`, otherwise only one without."""
    failed = any(outcome.failed for outcome in newest)
    for turn in turns:
        if turn.after_failure == failed:
            return turn
        if failed:
            return None
    return None


def _outcomes(calls: Sequence[Call], called: Message, answered: Message) -> list[Outcome]:
    results = {result.id: result for result in answered.of(ToolResult)}
    names = [call.name for call in calls]
    outcomes = []
    for index, use in enumerate(called.of(ToolUse)):
        result = results.get(use.id)
        name = names[index] if index < len(names) else use.name
        if result is not None:
            outcomes.append(Outcome.of(name, use.name, result.text, result.failed))
    return outcomes


def _history(exchange: _Exchange) -> dict[str, Any]:
    """Returns the values that every template may use: the question and earlier ones, oldest first."""
    asked = [message.text for message in exchange.earlier if message.role == "user" and message.text.strip()]
    numbered = "\n".join(f"{number}. {question}" for number, question in enumerate(asked, start=1))
    history = {"question": exchange.question, "earlier_count": len(asked)}
    if asked:
        history |= {"first_question": asked[0], "previous_question": asked[-1], "earlier_questions": numbered}
    return history


def _recalled(name: str, pattern: re.Pattern[str], earlier: Sequence[Message]) -> str | None:
    """Returns a value from the conversation so far: of the newest tool result with such a column, else of the newest
    text that matches."""
    outcomes = [outcome for called, answered in pairwise(earlier) for outcome in _outcomes((), called, answered)]
    try:
        return Wording({}, outcomes).fill(f"{{{name}}}")
    except MissingValueError:
        texts = [message.text for message in earlier if message.role == "assistant"]
    found = next((hit for text in reversed(texts) if (hit := pattern.search(text))), None)
    return found[1].replace(",", "").replace(MINUS_SIGN, "-") if found else None


def _input(call: Call, wording: Wording) -> Mapping[str, Any]:
    """Returns the call's input; a string is a template for JSON."""
    if not isinstance(call.input, str):
        return dict(wording.fill_all(call.input))
    try:
        parsed = json.loads(wording.fill(call.input))
    except ValueError as error:
        raise MissingValueError(f"input of {call.tool} as JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise MissingValueError(f"input of {call.tool} as a JSON object")
    return parsed


def _tool_use_id(conversation: Conversation, index: int) -> str:
    position = repr((conversation.messages, index)).encode()
    return "tooluse_" + hashlib.sha256(position).hexdigest()[:22]
