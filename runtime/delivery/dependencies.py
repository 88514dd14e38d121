"""What a worker process uses for every run: the journal, the sockets, threads for both, and the time for answers."""

from dataclasses import dataclass

from runtime.delivery.connections import Connections
from runtime.journal import Journal
from runtime.process.threads import Threads


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Posts have threads of their own: one may wait seconds for a slow socket, and the journal must not. A question
    that names no expiry of its own expires after `question_seconds`."""

    journal: Journal
    connections: Connections
    journal_threads: Threads
    post_threads: Threads
    question_seconds: float
