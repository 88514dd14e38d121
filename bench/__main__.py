"""`python -m bench`: measures, and prints each figure beside its peer.

To add a measurement, write a module with `measure(options: Options) -> list[Figure]` and name it in MEASUREMENTS.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.figure import Figure, MeasurementError, NotHereError, Options

MEASUREMENTS: Final = ("first_text", "posts", "concurrency", "background", "program", "package", "policies", "preview")
"""Modules of bench, in the order in which they run."""

PIPE_WIDTH: Final = 120
"""Columns of the table where no terminal says how many there are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, or 1 when a measurement could not be made or missed its goal."""
    given = parser().parse_args(arguments)
    status = Console(stderr=True)
    figures: list[Figure] = []
    errors: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for name in given.only or MEASUREMENTS:
        with status.status(f"measuring {name}"):
            try:
                figures += importlib.import_module(f"bench.{name}").measure(Options(repeats=given.repeats))
            except NotHereError as error:
                skipped[name] = str(error)
            except MeasurementError as error:
                errors[name] = str(error)
    if given.json:
        wire = [figure.to_wire() for figure in figures]
        print(json.dumps({"figures": wire, "skipped": skipped, "errors": errors}, indent=2))
    else:
        Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table(figures))
    for name, expected in skipped.items():
        status.print(f"{name}: skipped: {expected}", style="yellow", markup=False, highlight=False)
    for name, expected in errors.items():
        status.print(f"{name}: {expected}", style="red", markup=False, highlight=False)
    return 1 if errors or any(figure.meets_goal is False for figure in figures) else 0


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    options.add_argument("--only", action="append", choices=MEASUREMENTS, help="measure this alone; may be repeated")
    options.add_argument(
        "--repeats", type=int, default=Options().repeats, help="of each timed thing; the median counts"
    )
    options.add_argument("--json", action="store_true", help="print figures as JSON")
    return options


def table(figures: Sequence[Figure]) -> Table:
    columns = Table("figure", "value", "peer", "peer's value", "ratio", "goal", box=None, pad_edge=False)
    for figure in figures:
        columns.add_row(
            figure.name,
            amount(figure.value, figure.unit),
            figure.peer,
            amount(figure.peer_value, figure.unit),
            "-" if figure.ratio is None else f"{figure.ratio:.2g}",
            goal(figure),
        )
    return columns


def amount(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if abs(value) >= 100 else f"{value:.3g} {unit}"  # noqa: PLR2004  three digits


def goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    limit = f"≤ {figure.goal:g} of the peer" if figure.goal_is_ratio else f"≤ {amount(figure.goal, figure.unit)}"
    return f"{limit}: {'met' if figure.meets_goal else 'missed'}"


if __name__ == "__main__":
    sys.exit(main())
