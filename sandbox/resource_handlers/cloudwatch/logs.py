"""CloudWatch Logs."""

from typing import Any

from policies.rules.aws_limits import (
    LOG_GROUP_NAME,
    LOG_RETENTION_DAYS,
    METRIC_FILTER_DIMENSIONS,
    METRIC_FILTER_NAME,
    METRIC_FILTERS,
)
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created
from sandbox.program.registration import Value


def log_group(request: Request) -> Created:
    request.skip("skipDestroy")
    name = request.name("name", LOG_GROUP_NAME)
    days = request.get("retentionInDays", 0)
    if days and days not in LOG_RETENTION_DAYS:
        raise ValidationError(f"retentionInDays is {days}; allowed: {', '.join(map(str, LOG_RETENTION_DAYS))}")
    settings: dict[str, Any] = {"logGroupName": name}
    if tags := request.tags():
        settings["tags"] = tags
    request.cloud.logs.create_log_group(**settings)
    if days:
        request.cloud.logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return Created(name, {"name": name, "arn": request.cloud.arn("logs", f"log-group:{name}")})


def metric_filter(request: Request) -> Created:
    group, name = request.need("logGroupName"), request.name("name", METRIC_FILTER_NAME)
    logs = request.cloud.logs
    present = logs.describe_metric_filters(logGroupName=group, limit=50)["metricFilters"]
    if len(present) >= METRIC_FILTERS.maximum:
        raise ValidationError(f"log group {group} has {len(present)} metric filters; allowed: {METRIC_FILTERS}")
    pattern = str(request.get("pattern", ""))
    logs.put_metric_filter(
        logGroupName=group,
        filterName=name,
        filterPattern=pattern,
        metricTransformations=[_transformation(request.need("metricTransformation"), pattern)],
    )
    return Created(name, {"name": name})


def _transformation(given: Value, pattern: str) -> Any:  # noqa: ANN401  the provider's names, turned into AWS's
    dimensions = given.get("dimensions") or {}
    if not METRIC_FILTER_DIMENSIONS.allows(len(dimensions)):
        raise ValidationError(
            f"metricTransformation has {len(dimensions)} dimensions; allowed: {METRIC_FILTER_DIMENSIONS}"
        )
    if dimensions and given.get("defaultValue") is not None:
        raise ValidationError("metricTransformation has dimensions and defaultValue; allowed: one of them")
    if dimensions and not pattern.strip().startswith(("{", "[")):
        raise ValidationError(
            f"metricTransformation has dimensions, and pattern is {pattern!r}; allowed: a pattern of JSON or of fields"
        )
    made = {
        "metricName": given.get("name"),
        "metricNamespace": given.get("namespace"),
        "metricValue": given.get("value"),
    }
    if missing := [key for key, value in made.items() if not value]:
        raise ValidationError(f"metricTransformation has no {missing[0]}")
    extra = {"unit": given.get("unit"), "dimensions": dimensions, "defaultValue": given.get("defaultValue")}
    return made | {key: value for key, value in extra.items() if value not in (None, {})}
