"""What a person watches of the stack: a dashboard, alarms, and the metrics of ended runs."""

from dataclasses import replace
from typing import Final

import pulumi
from pulumi_aws import cloudwatch

from components.arn import provider_region
from components.build_context import BuildContext
from components.operations.alarms import alarm_specs, create_alarm
from components.operations.args import OperationsArgs, validate
from components.operations.dashboard import dashboard_body
from components.operations.metrics import OperationsContext, create_metric_filters
from components.operations.names import dashboard_name, namespace
from components.operations.watched import Part, Watched
from components.validation import form_problems, require_valid


class Operations(pulumi.ComponentResource):
    """One CloudWatch dashboard, alarms, and the metrics of ended runs, for all components that it is given."""

    dashboard: pulumi.Output[str]
    """Name of the dashboard."""
    namespace: pulumi.Output[str]
    """Namespace of the metrics of runs: RunsEnded by Status, and FirstText in milliseconds."""

    def __init__(self, name: str, args: OperationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("Operations", name, form_problems(args, OperationsArgs) or validate(args, provider_region()))
        super().__init__("longrun:index:Operations", name, None, opts)
        context: OperationsContext = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        watched, own_metrics = Watched.of(args["monitored"]), namespace()
        create_metric_filters(context, own_metrics, watched.logs)
        for spec in alarm_specs(own_metrics, watched):
            create_alarm(context, spec)
        dashboard = _create_dashboard(context, own_metrics, watched)
        self.dashboard = dashboard.dashboard_name
        self.namespace = pulumi.Output.from_input(own_metrics)
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})


OUTPUTS: Final = tuple(Operations.__annotations__)


def _create_dashboard(context: OperationsContext, own_metrics: str, watched: Watched) -> cloudwatch.Dashboard:
    kinds = (watched.functions, watched.queues, watched.tables, watched.state_machines)
    known = pulumi.Output.all(*(pulumi.Output.all(*(part.name for part in parts)) for parts in kinds))
    region = provider_region()
    body = known.apply(lambda names: dashboard_body(region, own_metrics, _named(watched, names)))
    return cloudwatch.Dashboard(
        context.child("dashboard"),
        dashboard_name=dashboard_name(context.name),
        dashboard_body=body,
        opts=context.opts,
    )


def _named(watched: Watched, names: list[list[str]]) -> Watched:
    """The same with known names, which are in the order of functions, queues, tables, state machines."""
    functions, queues, tables, machines = names
    return replace(
        watched,
        functions=_with(watched.functions, functions),
        queues=_with(watched.queues, queues),
        tables=_with(watched.tables, tables),
        state_machines=_with(watched.state_machines, machines),
    )


def _with(parts: tuple[Part, ...], names: list[str]) -> tuple[Part, ...]:
    return tuple(replace(part, name=name) for part, name in zip(parts, names, strict=True))
