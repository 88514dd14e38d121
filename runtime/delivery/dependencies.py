"""What a worker process works with, whatever run it has: the journal, the sockets, threads for both."""

from dataclasses import dataclass

from runtime.delivery.connections import Connections
from runtime.journal import Journal
from runtime.threads import Threads


@dataclass(frozen=True, slots=True)
class Workbench:
    """Posts have threads of their own: one waits for a slow socket for seconds, and the journal must not."""

    journal: Journal
    connections: Connections
    journal_threads: Threads
    post_threads: Threads
