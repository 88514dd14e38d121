"""The conversation of a session: loaded before a run, and stored after it in a form that every model accepts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from strands.types.content import ContentBlock, Message, Messages
from strands.types.session import decode_bytes_values, encode_bytes_values

from runtime.engine.answer import CANCELLED_TEXT, ToolResults, text_of
from runtime.process.conversation_files import STOPPED_TEXT, ConversationFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LOST_BEGINNING: Final = "(The beginning of this conversation is not kept.)"


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages of a session, and the version they were read at (None: nothing is stored yet)."""

    messages: Messages
    version: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """What an agent has said in a run: all of it, the part of a message that did not end, and its answer. `is_rejected`
    means that the model does not accept the newest results of the agent's tools; `results` are those of all calls."""

    all_text: str = ""
    partial_text: str = ""
    answer: str = ""
    is_rejected: bool = False
    results: ToolResults = field(default_factory=ToolResults)


class ConversationStore:
    """Loads and saves conversations. What it returns and stores is valid, also where an earlier version has stored a
    conversation that a model rejects."""

    def __init__(self, bucket: str, client: "S3Client") -> None:
        self._files = ConversationFiles(bucket, client)

    def load(self, owner: str, session_id: str) -> Conversation:
        """An empty conversation where nothing is stored."""
        stored = self._files.read(owner, session_id)
        messages = cast("Messages", decode_bytes_values(stored.messages))
        return Conversation(completed(messages), stored.version)

    def save(
        self, owner: str, session_id: str, messages: Sequence[Message], version: str | None, run_id: str = ""
    ) -> None:
        """Store what the run leaves. Raises ConversationConflictError where the version is not the newest."""
        valid = completed(list(messages))
        self._files.write(owner, session_id, encode_bytes_values(valid), version, run_id)


def user_message(text: str) -> Message:
    return {"role": "user", "content": [{"text": text}]}


def assistant_message(text: str) -> Message:
    """The text as a message; one that is not empty where the text is."""
    return {"role": "assistant", "content": [{"text": text if text.strip() else STOPPED_TEXT}]}


def anchored(messages: Messages, question: str) -> Messages:
    """The messages, starting with the user's. Strands keeps the newest of a long run, which may start with a tool call:
    a model rejects such a conversation, and the question is what those messages answer."""
    if not messages or messages[0]["role"] == "user":
        return list(messages)
    return [user_message(question), *messages]


def completed(
    messages: Messages, partial_text: str = "", answer: str = "", results: ToolResults | None = None
) -> Messages:
    """The messages as a conversation that a model accepts; valid ones are returned as they are. `partial_text` is what
    the model had sent of a message that it did not end: that message may be missing, incomplete, or replaced by
    Strands' "Cancelled by user". Messages that end with the user's or with tool calls get the answer; `results` are of
    calls whose results are missing."""
    kept = list(messages)
    if kept and kept[-1]["role"] == "assistant" and (partial_text or _is_cancelled(kept[-1])):
        kept.pop()
    kept = _alternating(kept, results or ToolResults())
    if kept and kept[-1]["role"] == "user":
        kept.append(assistant_message(partial_text or answer))
    return kept


def after_run(before: Messages, messages: Messages, question: str, turn: Turn) -> Messages:
    """The conversation that a run leaves: `before` is the one that its agent continued, `messages` are the agent's."""
    if len(messages) <= len(before) and all(message in before for message in messages):
        # The agent has not taken the question: it was stopped before.
        return completed([*messages, user_message(question)])
    if turn.is_rejected:
        # The model rejects what the last tools returned, and would in each later run of the session.
        return completed([*before, user_message(question), assistant_message(turn.all_text)])
    return completed(anchored(messages, question), turn.partial_text, turn.answer, turn.results)


def _alternating(messages: Messages, results: ToolResults) -> Messages:
    """The messages without empty ones, in turn from the user's on, each tool call with its result after it."""
    kept: Messages = []
    for message in messages:
        waiting = _waiting(kept)
        if waiting and message["role"] == "assistant":
            kept.append({"role": "user", "content": _missing(waiting, results)})
        _add(kept, message, waiting, results)
    if waiting := _waiting(kept):
        kept.append({"role": "user", "content": _missing(waiting, results)})
    return kept


def _add(kept: Messages, message: Message, waiting: list[str], results: ToolResults) -> None:
    content = [block for block in message["content"] if not _is_blank(block)]
    if message["role"] == "user":
        content = [block for block in content if "toolResult" not in block or _result_id(block) in waiting]
        given = {_result_id(block) for block in content if "toolResult" in block}
        content = [*_missing([name for name in waiting if name not in given], results), *content]
    elif all("reasoningContent" in block for block in content):
        content = [*content, {"text": STOPPED_TEXT}]  # providers drop the reasoning of earlier messages
    if not content:
        return
    if kept and kept[-1]["role"] == message["role"]:
        kept[-1] = cast("Message", {**kept[-1], "content": [*kept[-1]["content"], *content]})
        return
    if not kept and message["role"] == "assistant":
        kept.append(user_message(_LOST_BEGINNING))
    kept.append(message if content == message["content"] else cast("Message", {**message, "content": content}))


def _waiting(kept: Messages) -> list[str]:
    """The calls of the last message, which wait for their results, in order."""
    if not kept or kept[-1]["role"] != "assistant":
        return []
    return list(dict.fromkeys(block["toolUse"]["toolUseId"] for block in kept[-1]["content"] if "toolUse" in block))


def _missing(tool_use_ids: Sequence[str], results: ToolResults) -> list[ContentBlock]:
    return [{"toolResult": results.of(tool_use_id)} for tool_use_id in tool_use_ids]


def _is_blank(block: ContentBlock) -> bool:
    return not block or (block.keys() == {"text"} and not (block["text"] or "").strip())


def _is_cancelled(message: Message) -> bool:
    return text_of(message) == CANCELLED_TEXT and not _waiting([message])


def _result_id(block: ContentBlock) -> str:
    return block["toolResult"]["toolUseId"]
