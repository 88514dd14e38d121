"""The time of the policy rules: all of `longrun check`, and all rules over 100 resources, in new processes."""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.measurement import Measurement, MeasurementError, Options, median_seconds
from sandbox.errors import SandboxError
from sandbox.lifecycle.recorder import record
from sandbox.paths import REPOSITORY

STACK: Final = "dev"
CHECK_GOAL_SECONDS: Final = 3.0
RULES_GOAL_SECONDS: Final = 1.0
RESOURCES: Final = 100
REGISTERED: Final = ("type", "name", "urn", "parent", "properties", "dependencies")

TIMED_RULES: Final = """
import json, sys, time
resources = json.load(sys.stdin)
start = time.perf_counter()
from policies import catalogue
from policies.check import judge
judge(resources, "us-east-1", rules=getattr(catalogue, sys.argv[1]))
print(time.perf_counter() - start)
"""


def measure(options: Options) -> list[Measurement]:
    try:
        resources = record(REPOSITORY, STACK)  # builds the packages, which is the measurement `package`
        recording = median_seconds(lambda: record(REPOSITORY, STACK), options.repeats)
    except SandboxError as error:
        raise MeasurementError(str(error)) from error
    checking = median_seconds(check, options.repeats)
    hundred = _padded(resources)
    every, by_hand = (
        median(_rules_seconds(hundred, rules) for _ in range(options.repeats)) for rules in ("RULES", "HAND_WRITTEN")
    )
    return [
        Measurement("longrun check", checking, "s", "recording the program", recording, goal=CHECK_GOAL_SECONDS),
        Measurement(f"rules over {RESOURCES} resources", every, "s", "those by hand", by_hand),
        Measurement(
            f"AWS's rules over {RESOURCES} resources",
            every - by_hand,
            "s",
            "those by hand",
            by_hand,
            RULES_GOAL_SECONDS,
        ),
    ]


def check() -> None:
    command = [str(Path(sys.prefix) / "bin" / "longrun"), "check", "--stack", STACK]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise MeasurementError(f"longrun check fails: {(done.stderr or done.stdout).strip()}")


def _padded(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns RESOURCES resources: the program's, some of them repeated with other names."""
    again = [
        {**resource, "name": f"{resource['name']}-{turn}", "urn": f"{resource['urn']}-{turn}"}
        for turn in range(RESOURCES)
        for resource in resources
    ]
    return [{key: resource[key] for key in REGISTERED} for resource in (resources + again)[:RESOURCES]]


def _rules_seconds(resources: list[dict[str, Any]], rules: str) -> float:
    command = [sys.executable, "-c", TIMED_RULES, rules]
    done = subprocess.run(  # noqa: S603
        command, cwd=REPOSITORY, input=json.dumps(resources), capture_output=True, text=True, check=True
    )
    return float(done.stdout)
