"""Questions that a run asks its user, and the answers that settle them."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from contract.events import timestamp

_QUESTION_ID: Final = re.compile(r"q-[0-9a-f]{10}")


class QuestionState(StrEnum):
    """An open question is settled once: by an answer, by its default at its expiry, or by an expiry without one."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    EXPIRED = "EXPIRED"


class AnswerSource(StrEnum):
    """Who gave an answer: the user, the user ahead of time, or the question's own default."""

    USER = "user"
    AHEAD = "ahead"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Question:
    """A question: its text, the JSON schema of its answer (None: any text), the answer that counts when it expires
    (None: none, then the expiry ends the run), and its expiry in seconds since 1970."""

    question_id: str
    text: str
    expires_at: float
    schema: Mapping[str, Any] | None = None
    default: object = None

    def to_data(self) -> dict[str, Any]:
        """The data of the event QUESTION."""
        data: dict[str, Any] = {"question_id": self.question_id, "text": self.text}
        if self.schema is not None:
            data["schema"] = dict(self.schema)
        if self.default is not None:
            data["default"] = self.default
        return data | {"expires_at": timestamp(self.expires_at)}


def question_id(source: str) -> str:
    """The id of the question with that source (a tool call, an interrupt): the same for the same source, so that a
    repeated step asks once. A person can type it."""
    return f"q-{hashlib.sha256(source.encode()).hexdigest()[:10]}"


def is_question_id(value: object) -> bool:
    return isinstance(value, str) and _QUESTION_ID.fullmatch(value) is not None
