"""What an event asks for, checked as far as can be known before it is sent: afterwards only the run could tell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from client.errors import RequestError

MAX_QUESTION_BYTES: Final = 16_384

_RUN_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class BackgroundRequest:
    """A question for a pipeline of agents; None means the deployment's first."""

    question: str
    run_id: str
    pipeline: str | None = None

    def check(self, pipelines: Sequence[str]) -> None:
        """RequestError INVALID_REQUEST with what to mend. `pipelines` are those that exist, empty if not known."""
        _check_question(self.question)
        if not _RUN_ID.fullmatch(self.run_id):
            raise _invalid(f"The run id {_shown(self.run_id)} is not a UUID; give its 36 characters in lower case.")
        if self.pipeline is not None and pipelines and self.pipeline not in pipelines:
            raise _invalid(f"There is no pipeline {_shown(self.pipeline)}; this deployment has {', '.join(pipelines)}.")

    def detail(self, owner: str | None, traceparent: str) -> dict[str, str]:
        """The event's detail; what was not said is left out, an owner too: the run is then anybody's."""
        said = {
            "question": self.question,
            "run_id": self.run_id,
            "pipeline": self.pipeline,
            "owner": owner,
            "traceparent": traceparent,
        }
        return {name: value for name, value in said.items() if value is not None}


def _check_question(question: str) -> None:
    if not question.strip():
        raise _invalid("The question is empty; say what the agents are to do.")
    try:
        size = len(question.encode())
    except UnicodeEncodeError:
        raise _invalid("The question holds half of a surrogate pair; send valid Unicode text.") from None
    if size > MAX_QUESTION_BYTES:
        raise _invalid(f"The question has {size} bytes in UTF-8; the limit is {MAX_QUESTION_BYTES}: shorten it.")


def _shown(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


def _invalid(sentence: str) -> RequestError:
    return RequestError("INVALID_REQUEST", sentence)
