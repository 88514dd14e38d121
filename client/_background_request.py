"""The request in an event, validated before it is sent: later, only the failed run would show the error."""

from collections.abc import Sequence
from dataclasses import dataclass

from client._errors import RequestError
from contract import fields
from contract.errors import ErrorCode, RunError
from contract.limits import SHOWN_LENGTH


@dataclass(frozen=True, slots=True)
class BackgroundRequest:
    """A question for a pipeline of agents; None means the deployment's default pipeline."""

    question: str
    run_id: str
    pipeline: str | None = None
    answers: tuple[object, ...] = ()

    def validate(self, pipelines: Sequence[str]) -> None:
        """Raises RequestError INVALID_REQUEST with what to fix. `pipelines` are the valid names, empty if not known."""
        try:
            fields.question({"question": self.question})
            fields.run_id({"run_id": self.run_id})
            fields.answers({"answers": list(self.answers)})
        except RunError as error:
            raise RequestError(error.code, error.message) from None
        if self.pipeline is not None and pipelines and self.pipeline not in pipelines:
            raise _invalid(f"There is no pipeline {_shown(self.pipeline)}; this deployment has {', '.join(pipelines)}.")

    def detail(self, owner: str | None, traceparent: str) -> dict[str, object]:
        """The event's detail without the keys that have no value. Without an owner, any caller may watch the run."""
        detail: dict[str, object] = {
            "question": self.question,
            "run_id": self.run_id,
            "pipeline": self.pipeline,
            "owner": owner,
            "traceparent": traceparent,
            "answers": list(self.answers) or None,
        }
        return {name: value for name, value in detail.items() if value is not None}


def _shown(value: str) -> str:
    return repr(value if len(value) <= SHOWN_LENGTH else f"{value[:SHOWN_LENGTH]}…")


def _invalid(message: str) -> RequestError:
    return RequestError(ErrorCode.INVALID_REQUEST, message)
