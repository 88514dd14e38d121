"""Timeouts, retries and pauses of a client."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds except `attempts`. The defaults suit API Gateway, which closes a socket after 10 idle minutes.

    - `answer`: how long a request waits for its response before it is sent again; `attempts`: how often it is sent.
    - `reconnect`: the pauses before each attempt to reopen a lost socket. The connection is given up after the last;
      for a server on this machine, only pauses up to 1 s are used.
    - `keep_alive`: the interval between pings.
    - `quiet`: how long a run may send no event before the client resumes it; `retry`: the pause before it resumes again
      from the same event, and before it repeats a request that failed with a transient error.
    - `arrival`: the pause between requests for a run whose event is on the bus and which is not known yet.
    """

    answer: float = 15.0
    attempts: int = 3
    reconnect: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
    keep_alive: float = 9 * 60.0
    quiet: float = 60.0
    retry: float = 2.0
    arrival: float = 0.2
