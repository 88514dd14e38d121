"""Many runs at once on the sandbox, cold and warm apart, beside one run alone; and what memory they take."""

import asyncio

from bench.deployment import EFFECT_QUESTION, TimedRun, deployed, memory_mb, runs_at_once, set_pace, target_of
from bench.figure import Figure, Options, percentile

RUNS = 50
SOAK = 100
GOAL_FIRST_TEXT_MS = 1_000.0
PACE_MS = 20.0
WARM_ROUNDS = 3
"""Of which the middle one counts; the round before them ends what the cold one has left behind."""

Round = tuple[list[TimedRun], float]


def measure(options: Options) -> list[Figure]:
    figures: list[Figure] = []
    with deployed() as state:
        set_pace(state, PACE_MS, PACE_MS)
        target = target_of(state)

        def at_once(count: int) -> Round:
            return asyncio.run(runs_at_once(target, count, EFFECT_QUESTION))

        alone = [at_once(1)[0][0] for _ in range(options.repeats)]
        idle, _ = memory_mb(state.pids)
        figures += _figures(f"{RUNS} at once, cold", *at_once(RUNS), alone)
        rounds = [at_once(RUNS) for _ in range(1 + WARM_ROUNDS)][1:]
        figures += _figures(f"{RUNS} at once, warm", *_middle(rounds), alone, GOAL_FIRST_TEXT_MS)
        busy, processes = memory_mb(state.pids)
        figures.append(Figure(f"memory after {RUNS} at once, {processes} processes", busy, "MB", "sandbox, idle", idle))
        figures += _figures(f"{SOAK} at once, soak", *at_once(SOAK), alone)
        busy, processes = memory_mb(state.pids)
        figures.append(Figure(f"memory after {SOAK} at once, {processes} processes", busy, "MB", "sandbox, idle", idle))
    return figures


def _middle(rounds: list[Round]) -> Round:
    """The round whose median first text is the median of the rounds'."""
    return sorted(rounds, key=lambda one: percentile([run.first_text_ms for run in one[0]], 50))[len(rounds) // 2]


def _figures(
    name: str, runs: list[TimedRun], wall: float, alone: list[TimedRun], goal: float | None = None
) -> list[Figure]:
    first, single = [run.first_text_ms for run in runs], [run.first_text_ms for run in alone]
    one_by_one = len(runs) * percentile([run.elapsed_ms for run in alone], 50) / 1000
    return [
        Figure(f"{name}: first text p50", percentile(first, 50), "ms", "one run alone", percentile(single, 50), goal),
        Figure(f"{name}: first text p95", percentile(first, 95), "ms", "one run alone", percentile(single, 95)),
        Figure(f"{name}: wall time", wall, "s", "one after the other", one_by_one),
    ]
