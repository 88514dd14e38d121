"""The metrics of runs, made of log lines by filters: they cost nothing at run time and need no permission of a
function; embedded metrics would make each line larger and cost the same per metric."""

from typing import Final, TypeAlias

import pulumi
from pulumi_aws import cloudwatch

from components.build_context import BuildContext
from components.operations.args import OperationsArgs
from components.operations.watched import Part
from contract.events import RUN_ENDED

Metric: TypeAlias = cloudwatch.LogMetricFilterMetricTransformationArgsDict
OperationsContext = BuildContext[OperationsArgs]

RUNS_ENDED: Final = "RunsEnded"
"""Dimension Status: a run's final status."""

FIRST_TEXT: Final = "FirstText"
"""Milliseconds from the start of an agent, or of a run whose steps are functions, to its first text."""

STATUS: Final = "Status"

_ENDED: Final = f'{{ $.event = "{RUN_ENDED}" && $.status = * }}'
_TEXT: Final = "{ $.first_text_ms >= 0 }"


def create_metric_filters(context: OperationsContext, namespace: str, logs: tuple[Part, ...]) -> None:
    """Any of these processes may end a run; those that run agents log the time to the first text."""
    ended: Metric = {"name": RUNS_ENDED, "namespace": namespace, "value": "1", "unit": "Count"}
    ended["dimensions"] = {STATUS: "$.status"}
    text: Metric = {
        "name": FIRST_TEXT,
        "namespace": namespace,
        "value": "$.first_text_ms",
        "unit": "Milliseconds",
    }
    for log in logs:
        _create(context, f"{log.label}-ends", log.name, _ENDED, ended)
        if log.runs_agents:
            _create(context, f"{log.label}-text", log.name, _TEXT, text)


def _create(context: OperationsContext, role: str, group: pulumi.Input[str], pattern: str, metric: Metric) -> None:
    cloudwatch.LogMetricFilter(
        context.child(role),
        log_group_name=group,
        pattern=pattern,
        metric_transformation=metric,
        opts=context.opts,
    )
