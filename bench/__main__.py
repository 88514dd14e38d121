"""`python -m bench`: prints each measurement with that of a peer from the same run.

To add measurements, write a module with `measure(options: Options) -> list[Measurement]` and add it to MODULES.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.measurement import Measurement, MeasurementError, NotAvailableError, Options

MODULES: Final = (
    "first_text",
    "streaming",
    "posts",
    "concurrency",
    "background",
    "workflow",
    "program",
    "package",
    "traced_package",
    "imports",
    "policies",
    "preview",
)
"""Modules of bench, in the order in which they run."""

PIPE_WIDTH: Final = 120
"""The width of the table when the output is not a terminal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns exit code 0, or 1 when a measurement failed or missed its goal."""
    given = parser().parse_args(arguments)
    status = Console(stderr=True)
    measurements: list[Measurement] = []
    errors: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for name in given.only or MODULES:
        with status.status(f"measuring {name}"):
            try:
                measurements += importlib.import_module(f"bench.{name}").measure(Options(repeats=given.repeats))
            except NotAvailableError as error:
                skipped[name] = str(error)
            except MeasurementError as error:
                errors[name] = str(error)
    if given.json:
        wire = [measurement.to_wire() for measurement in measurements]
        print(json.dumps({"measurements": wire, "skipped": skipped, "errors": errors}, indent=2))
    else:
        Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table(measurements))
    for name, message in skipped.items():
        status.print(f"{name}: skipped: {message}", style="yellow", markup=False, highlight=False)
    for name, message in errors.items():
        status.print(f"{name}: {message}", style="red", markup=False, highlight=False)
    return 1 if errors or any(measurement.meets_goal is False for measurement in measurements) else 0


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    options.add_argument("--only", action="append", choices=MODULES, help="run only this module; may be repeated")
    options.add_argument(
        "--repeats",
        type=int,
        default=Options().repeats,
        help="repeats of each timed action, of which the median is reported",
    )
    options.add_argument("--json", action="store_true", help="print measurements as JSON")
    return options


def table(measurements: Sequence[Measurement]) -> Table:
    columns = Table("measurement", "value", "peer", "peer's value", "ratio", "goal", box=None, pad_edge=False)
    for measurement in measurements:
        columns.add_row(
            measurement.name,
            amount(measurement.value, measurement.unit),
            measurement.peer,
            amount(measurement.peer_value, measurement.unit),
            "-" if measurement.ratio is None else f"{measurement.ratio:.2g}",
            goal(measurement),
        )
    return columns


def amount(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if abs(value) >= 100 else f"{value:.3g} {unit}"  # noqa: PLR2004  three digits


def goal(measurement: Measurement) -> str:
    if measurement.goal is None:
        return ""
    limit = (
        f"≤ {measurement.goal:g} of the peer"
        if measurement.goal_is_ratio
        else f"≤ {amount(measurement.goal, measurement.unit)}"
    )
    return f"{limit}: {'met' if measurement.meets_goal else 'missed'}"


if __name__ == "__main__":
    sys.exit(main())
