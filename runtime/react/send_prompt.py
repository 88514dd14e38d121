"""The state that asks the user: it records the questions with the state's token, and returns. The answer ends the
state."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from contract.limits import MAX_QUESTIONS
from contract.questions import Question
from runtime.delivery.answers import CANCELLED, RunCancelled
from runtime.delivery.turns import TurnDelivery
from runtime.journal import AlreadyClaimed, Head, Journal, RunWriter
from runtime.process.lambda_function import LambdaFunction, Served
from runtime.process.logs import log
from runtime.process.task_tokens import TaskTokens
from runtime.react.environment import ReactEnvironment
from runtime.react.steps import connections, step
from runtime.react.stored_questions import StoredStop, source_of
from runtime.react.turn_files import TurnFiles, asked_key, job_id

_AFTER_ANSWER_SECONDS: Final = 900.0
"""That a run has at least when its last question is settled."""

_ANSWERED: Final = {"status": "answered"}
"""The output of a state whose questions have their answers."""


class SendPrompt:
    """Asks; `longest` is the time that a question stays open, in seconds."""

    def __init__(
        self,
        journal: Journal,
        files: TurnFiles,
        tokens: TaskTokens,
        delivery: TurnDelivery,
        longest: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal = journal
        self._files = files
        self._tokens = tokens
        self._delivery = delivery
        self._longest = longest
        self._clock = clock

    @classmethod
    def create(cls, environment: ReactEnvironment) -> "SendPrompt":
        journal = Journal.create(environment.journal)
        return cls(
            journal,
            TurnFiles.create(environment.journal.payload_bucket),
            TaskTokens(),
            TurnDelivery(journal, connections(environment)),
            environment.question_timeout,
        )

    def ask(self, run_id: str, turn: int, token: str, tool_use_ids: Sequence[str]) -> int:
        """Ask what these calls ask, at once; returns the number of open questions. Whatever fails ends the state with
        that error: on its own it would wait until its timeout."""
        try:
            with step("send-prompt", self._journal, run_id) as head:
                open_questions = self._ask(head, turn, token, tool_use_ids)
                self._delivery.deliver(run_id)
        except Exception as error:
            log("send_prompt.failed", level="ERROR", run_id=run_id, exc_info=True)
            self._tokens.fail(token, error)
            return 0
        return open_questions

    def _ask(self, head: Head, turn: int, token: str, tool_use_ids: Sequence[str]) -> int:
        run_id = head.run_id
        asked = self._questions(run_id, turn, tool_use_ids)
        stored = {question.question_id: question for question in self._journal.questions.all(run_id)}
        missing = [(question, source) for question, source in asked if question.question_id not in stored]
        if missing:
            head, seq = self._journal.claim_turn(run_id, head.workflow)
            until = max(question.expires_at for question, _ in missing) + _AFTER_ANSWER_SECONDS
            writer = RunWriter(self._journal, head, seq, is_checked=True)
            writer.ask(head, missing, max(head.deadline_at, until), token=token)
        else:
            # an earlier attempt has asked, for a state that waits no more
            for question, _ in asked:
                self._journal.questions.store_token(run_id, question.question_id, token)
        now = self._journal.head(run_id)
        if now.status.is_terminal:
            raise AlreadyClaimed(run_id)
        if now.cancel_requested:
            # whoever cancelled it looked for tokens before this one was stored
            raise RunCancelled(CANCELLED)
        if not now.open_questions:
            self._tokens.succeed(token, _ANSWERED)
        return now.open_questions

    def _questions(self, run_id: str, turn: int, tool_use_ids: Sequence[str]) -> list[tuple[Question, str]]:
        """The questions with their sources: those that a run can ask at once; the calls ask the others again."""
        made: list[tuple[Question, str]] = []
        now = self._clock()
        for tool_use_id in tool_use_ids:
            job = job_id(turn, tool_use_id)
            stored = self._files.read(asked_key(run_id, job))
            for asked in () if stored is None else StoredStop.read(stored).questions:
                source = source_of(run_id, job, asked.interrupt_id)
                made.append((asked.question(source, now, self._longest), source))
        if not made:
            raise LookupError(f"no call of turn {turn} asks the user anything")
        return made[:MAX_QUESTIONS]


def _serve(service: SendPrompt, payload: Mapping[str, Any], _context: object) -> Served[dict[str, int]]:
    run_id, turn = str(payload["run_id"]), int(payload["turn"])
    calls = [str(call["tool_use_id"]) for call in payload["calls"]]
    open_questions = service.ask(run_id, turn, str(payload["token"]), calls)
    return Served({"open_questions": open_questions}, {"run_id": run_id, "turn": turn, "open": open_questions})


def _on_failure(event: Mapping[str, Any], error: Exception) -> Served[dict[str, int]] | None:
    """What fails outside the service, as its creation or a malformed payload, ends the state too."""
    token = event.get("token")
    if not isinstance(token, str) or not token:
        return None
    TaskTokens().fail(token, error)
    return Served({"open_questions": 0})


handler = LambdaFunction[SendPrompt, dict[str, int]](
    "send_prompt", lambda: SendPrompt.create(ReactEnvironment.read()), _serve, {}, _on_failure
)
"""Lambda's entry point: `{"run_id", "turn", "token", "calls": [{"tool_use_id"}]}`."""
