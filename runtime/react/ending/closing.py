"""How the functions that end runs are made."""

from functools import partial

from runtime.delivery.next_runs import NextRuns
from runtime.delivery.turns import TurnDelivery
from runtime.journal import Journal
from runtime.process.aws_clients import minimal_client
from runtime.process.conversation_files import ConversationFiles
from runtime.process.dispatch import Dispatcher
from runtime.process.task_tokens import TaskTokens
from runtime.react.ending.run_end import RunEnd
from runtime.react.environment import ReactEnvironment
from runtime.react.steps import connections
from runtime.react.turn_files import TurnFiles


def run_end(environment: ReactEnvironment, journal: Journal, files: TurnFiles) -> RunEnd:
    """The part that all of them share."""
    s3 = minimal_client("s3", attempts=3)
    conversations = ConversationFiles(environment.journal.payload_bucket, s3)
    delivery = TurnDelivery(journal, connections(environment))
    worker = environment.worker_function
    next_runs = NextRuns(journal, partial(Dispatcher.of_chain, worker)) if worker else None
    return RunEnd(journal, files, conversations, TaskTokens(), delivery, next_runs)
