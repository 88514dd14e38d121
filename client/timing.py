"""How patient a client is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """All in seconds but `attempts`. The defaults suit API Gateway: it ends a socket after 10 minutes of silence.

    `answer` is how long a request waits before it is sent again, `attempts` how often it is sent; `reconnect` are the
    pauses before each new attempt to open a lost socket, after which it is given up (on this machine itself only those
    up to 1 s); `quiet` is how long a run may say nothing before it is asked for, `retry` the pause before it is asked
    for the same again; `arrival` is the pause before a run that its event should bring is asked for again.
    """

    answer: float = 15.0
    attempts: int = 3
    reconnect: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
    keep_alive: float = 9 * 60.0
    quiet: float = 60.0
    retry: float = 2.0
    arrival: float = 0.2
