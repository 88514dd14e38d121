"""What follows once a question is settled: its run's subscribers get the answer, and the state that waits goes on."""

from typing import Final

from contract.events import Status
from contract.questions import QuestionState
from runtime.delivery.turns import TurnDelivery
from runtime.journal import Head, Journal
from runtime.journal.questions import Settled, StoredQuestion
from runtime.process.logs import log
from runtime.process.task_tokens import TaskTokens

CANCELLED: Final = "the run was cancelled"


class RunCancelled(Exception):  # noqa: N818  the name of the error in the state machine
    """Ends the state that waits for a task token of a cancelled run."""


class AnswerDelivery:
    """Passes answers on, from any process. A run that is QUEUED again needs its worker: the caller invokes that."""

    def __init__(self, journal: Journal, delivery: TurnDelivery, tokens: TaskTokens) -> None:
        self._journal = journal
        self._delivery = delivery
        self._tokens = tokens

    def pass_on(self, settled: Settled) -> None:
        """Post the answer to the subscribers, and have the state of the run's state machine go on that waits for the
        question. Raises botocore's errors where that state could not be reached."""
        # First: the worker that goes on continues from the cursors in the head, and takes its time to start.
        self.deliver(settled.head.run_id)
        self.release(settled.head.run_id, settled.question)

    def release(self, run_id: str, question: StoredQuestion) -> None:
        """Have the state go on that waits for this settled question, unless it waits for another one too. A state that
        has gone on already does not change."""
        if not question.token or question.state is not QuestionState.ANSWERED:
            return
        if any(other.token == question.token for other in self._journal.questions.open(run_id)):
            return
        output = {"run_id": run_id, "question_id": question.question_id, "state": question.state.value}
        self._tokens.succeed(question.token, output)

    def cancel_states(self, run_id: str) -> int:
        """Fail each state that waits for a question or a running job of the run, with error RunCancelled; returns their
        number. Raises botocore's errors where one could not be reached."""
        tokens = [question.token for question in self._journal.questions.open(run_id)]
        tokens += [job.token for job in self._journal.jobs.running(run_id)]
        waiting = dict.fromkeys(token for token in tokens if token)
        for token in waiting:
            self._tokens.fail(token, RunCancelled(CANCELLED))
        return len(waiting)

    def deliver(self, run_id: str) -> None:
        """Bring the subscribers up to date; a failure is logged: they resume, and the run must go on."""
        try:
            self._delivery.deliver(run_id)
        except Exception:
            log("delivery.failed", level="ERROR", run_id=run_id, exc_info=True)


def delivers_by_turns(head: Head) -> bool:
    """Whether no worker posts to the run's subscribers now: it waits for an answer or for its turn, or functions of its
    state machine work on it, which have no steps."""
    waits = head.status is Status.WAITING or bool(head.behind)
    return waits or (bool(head.workflow) and head.epoch > 0 and head.step == 0)
