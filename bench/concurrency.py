"""Many concurrent runs on the sandbox, cold and warm, compared with a single run; and their memory."""

import asyncio

from bench.deployment import EFFECT_QUESTION, TimedRun, deployed, memory_mb, runs_at_once, set_pace, target_of
from bench.measurement import Measurement, Options, percentile

RUNS = 50
SOAK = 100
GOAL_FIRST_TEXT_MS = 1_000.0
PACE_MS = 20.0
WARM_ROUNDS = 3
"""The middle one is reported. A round before them lets the effects of the cold one end."""

Round = tuple[list[TimedRun], float]


def measure(options: Options) -> list[Measurement]:
    measurements: list[Measurement] = []
    with deployed() as state:
        set_pace(state, PACE_MS, PACE_MS)
        target = target_of(state)

        def at_once(count: int) -> Round:
            return asyncio.run(runs_at_once(target, count, EFFECT_QUESTION))

        alone = [at_once(1)[0][0] for _ in range(options.repeats)]
        idle, _ = memory_mb(state.pids)
        measurements += _measurements(f"{RUNS} at once, cold", *at_once(RUNS), alone)
        rounds = [at_once(RUNS) for _ in range(1 + WARM_ROUNDS)][1:]
        measurements += _measurements(f"{RUNS} at once, warm", *_middle(rounds), alone, GOAL_FIRST_TEXT_MS)
        busy, processes = memory_mb(state.pids)
        measurements.append(
            Measurement(f"memory after {RUNS} at once, {processes} processes", busy, "MB", "sandbox, idle", idle)
        )
        measurements += _measurements(f"{SOAK} at once, soak", *at_once(SOAK), alone)
        busy, processes = memory_mb(state.pids)
        measurements.append(
            Measurement(f"memory after {SOAK} at once, {processes} processes", busy, "MB", "sandbox, idle", idle)
        )
    return measurements


def _middle(rounds: list[Round]) -> Round:
    """Returns the round whose median first text is the median of all rounds."""
    return sorted(rounds, key=lambda one: percentile([run.first_text_ms for run in one[0]], 50))[len(rounds) // 2]


def _measurements(
    name: str, runs: list[TimedRun], wall: float, alone: list[TimedRun], goal: float | None = None
) -> list[Measurement]:
    first, single = [run.first_text_ms for run in runs], [run.first_text_ms for run in alone]
    one_by_one = len(runs) * percentile([run.elapsed_ms for run in alone], 50) / 1000
    return [
        Measurement(
            f"{name}: first text p50", percentile(first, 50), "ms", "one run alone", percentile(single, 50), goal
        ),
        Measurement(f"{name}: first text p95", percentile(first, 95), "ms", "one run alone", percentile(single, 95)),
        Measurement(f"{name}: wall time", wall, "s", "one after the other", one_by_one),
    ]
