"""The stored conversations: one JSON object for each session in the payload bucket, with messages as Strands has
them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STOPPED_TEXT: Final = "(The answer was stopped before it began.)"

_RUN_ID: Final = "run-id"


_MAX_LOST_BYTES: Final = 8 * 1024 * 1024
"""Of a conversation to which a function of 256 MB can add a turn."""


class ConversationTooLargeError(Exception):
    """The stored conversation has more bytes than the process can hold."""


class ConversationConflictError(Exception):
    """Another run has stored the session since it was loaded."""


@dataclass(frozen=True, slots=True)
class ConversationFile:
    """Messages as JSON values, the version they were read at (None: nothing is stored yet), and the run that stored
    them (empty where that is not known)."""

    messages: list[Any]
    version: str | None
    run_id: str


class ConversationFiles:
    """Reads and writes conversations, each owner's in a folder of its own: when a session's item expires, the journal
    has no owner for it any more and anybody may use the id, while the conversation may still be in the bucket."""

    def __init__(self, bucket: str, client: "S3Client") -> None:
        self._bucket = bucket
        self._client = client

    def read(self, owner: str, session_id: str, max_bytes: int | None = None) -> ConversationFile:
        """An empty conversation where nothing is stored. Raises ConversationTooLargeError over `max_bytes`."""
        try:
            stored = self._client.get_object(Bucket=self._bucket, Key=_key(owner, session_id))
        except self._client.exceptions.NoSuchKey:
            return ConversationFile([], None, "")
        if max_bytes is not None and stored["ContentLength"] > max_bytes:
            stored["Body"].close()
            raise ConversationTooLargeError(f"{stored['ContentLength']} bytes, at most {max_bytes} can be added to")
        run_id = stored.get("Metadata", {}).get(_RUN_ID, "")
        return ConversationFile(json.loads(stored["Body"].read()), stored["ETag"], run_id)

    def write(
        self, owner: str, session_id: str, messages: Sequence[Any], version: str | None, run_id: str = ""
    ) -> None:
        """Store on condition that the version is still the newest: the journal lets one run of a session go at a time,
        but a worker that counted as lost may come back. Raises ConversationConflictError then."""
        body = json.dumps(messages, ensure_ascii=False, separators=(",", ":"), default=str)
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=_key(owner, session_id),
                Body=body.encode("utf-8", errors="replace"),
                ContentType="application/json",
                Metadata={_RUN_ID: run_id},
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in {"PreconditionFailed", "ConditionalRequestConflict"}:
                raise ConversationConflictError(session_id) from error
            raise

    def add_lost(self, owner: str, session_id: str, run_id: str, turn: tuple[str, str]) -> None:
        """Add a question and the text that a worker had sent before it was lost; nothing where the worker has stored
        the conversation itself. Raises ConversationConflictError, or ConversationTooLargeError over 8 MB."""
        stored = self.read(owner, session_id, _MAX_LOST_BYTES)
        if stored.run_id == run_id:
            return
        question, text = turn
        messages = [*stored.messages, _message("user", question), _message("assistant", text.strip() or STOPPED_TEXT)]
        self.write(owner, session_id, messages, stored.version, run_id)


def _message(role: str, text: str) -> Mapping[str, Any]:
    return {"role": role, "content": [{"text": text}]}


def _key(owner: str, session_id: str) -> str:
    return f"sessions/{sha256(owner.encode()).hexdigest()[:32]}/{session_id}.json"
