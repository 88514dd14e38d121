"""The conversation of a session: one JSON object in the payload bucket."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError
from strands.types.content import Message, Messages
from strands.types.session import decode_bytes_values, encode_bytes_values

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STOPPED_TEXT: Final = "(The answer was stopped before it began.)"


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages of a session, and the version they were read at (None: nothing is stored yet)."""

    messages: Messages
    version: str | None


class ConversationConflictError(Exception):
    """Another run has stored the session since it was loaded."""


class ConversationStore:
    """Loads and saves conversations, each owner's in a folder of its own: when a session's item expires, the journal
    has no owner for it any more and anybody may use the id, while the conversation may still be in the bucket."""

    def __init__(self, bucket: str, client: "S3Client") -> None:
        self._bucket = bucket
        self._client = client

    def load(self, owner: str, session_id: str) -> Conversation:
        """An empty conversation where nothing is stored."""
        try:
            stored = self._client.get_object(Bucket=self._bucket, Key=_key(owner, session_id))
        except self._client.exceptions.NoSuchKey:
            return Conversation([], None)
        messages = decode_bytes_values(json.loads(stored["Body"].read()))
        return Conversation(cast("Messages", messages), stored["ETag"])

    def save(self, owner: str, session_id: str, messages: Sequence[Message], version: str | None) -> None:
        """Store on condition that the version is still the newest: the journal lets one run of a session go at a time,
        but a worker that counted as lost may come back. Raises ConversationConflictError then."""
        body = json.dumps(encode_bytes_values(list(messages)), ensure_ascii=False, separators=(",", ":"), default=str)
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=_key(owner, session_id),
                Body=body.encode("utf-8", errors="replace"),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in {"PreconditionFailed", "ConditionalRequestConflict"}:
                raise ConversationConflictError(session_id) from error
            raise


def anchored(messages: Messages, question: str) -> Messages:
    """The messages, starting with the user's. Strands keeps the newest of a long run, which may start with a tool call:
    a model rejects such a conversation, and the question is what those messages answer."""
    if not messages or messages[0]["role"] == "user":
        return list(messages)
    return [{"role": "user", "content": [{"text": question}]}, *messages]


def completed(messages: Messages, partial_text: str) -> Messages:
    """The messages of a cancelled agent as a conversation that a model accepts: the last message is the assistant's,
    with the text that it had really sent. Strands writes "Cancelled by user" in its place."""
    kept = list(messages)
    if kept and kept[-1]["role"] == "assistant" and not _tool_uses(kept[-1]):
        kept.pop()
    if not kept or kept[-1]["role"] == "assistant":
        return kept
    return [*kept, {"role": "assistant", "content": [{"text": partial_text or STOPPED_TEXT}]}]


def is_valid(messages: Messages) -> bool:
    """Roles alternate from user to assistant, and every tool call has its result after it."""
    if not messages or messages[-1]["role"] != "assistant" or _tool_uses(messages[-1]):
        return False
    expected = ("user", "assistant")
    for index, message in enumerate(messages):
        if message["role"] != expected[index % 2]:
            return False
        if _tool_uses(message) and not _tool_uses(message) <= _tool_results(messages[index + 1]):
            return False
    return True


def _tool_uses(message: Message) -> set[str]:
    return {block["toolUse"]["toolUseId"] for block in message["content"] if "toolUse" in block}


def _tool_results(message: Message) -> set[str]:
    return {block["toolResult"]["toolUseId"] for block in message["content"] if "toolResult" in block}


def _key(owner: str, session_id: str) -> str:
    return f"sessions/{sha256(owner.encode()).hexdigest()[:32]}/{session_id}.json"
