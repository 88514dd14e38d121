"""CloudWatch's alarms. The emulator accepts any of them, so what AWS rejects is rejected here."""

import re
from typing import Any, Final

from policies.rules.aws_limits import (
    ALARM_ACTIONS,
    ALARM_EVALUATION,
    ALARM_LONG_EVALUATION,
    ALARM_NAME,
    ALARM_SHORT_PERIODS,
)
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created

_ACTIONS: Final = {"alarmActions": "AlarmActions", "okActions": "OKActions"}
_MISSING_DATA: Final = ("breaching", "ignore", "missing", "notBreaching")
_PERCENTILE: Final = re.compile(
    r"(?:p|tm|tc|ts|wm)\d{1,2}(?:\.\d+)?|p100|iqm|(?:pr|tc|tm|ts|wm)\([\d.%:]+\)", re.IGNORECASE
)
_MINUTE: Final = 60
_HOUR: Final = 3_600


def metric_alarm(request: Request) -> Created:
    name = request.name("name", ALARM_NAME)
    settings: dict[str, Any] = {
        "AlarmName": name,
        "MetricName": request.need("metricName"),
        "Namespace": request.need("namespace"),
        "Dimensions": [{"Name": key, "Value": value} for key, value in request.get("dimensions", {}).items()],
        "ComparisonOperator": request.need("comparisonOperator"),
        "Threshold": float(request.need("threshold")),
        "AlarmDescription": request.get("alarmDescription", ""),
        "ActionsEnabled": request.get("actionsEnabled", True),
        "TreatMissingData": _missing_data(request),
        "Tags": request.tag_list(),
        **_statistic(request),
        **_times(request),
        **_actions(request),
    }
    if unit := request.get("unit"):
        settings["Unit"] = unit
    request.cloud.cloudwatch.put_metric_alarm(**settings)
    return Created(name, {"name": name, "arn": request.cloud.arn("cloudwatch", f"alarm:{name}")})


def _statistic(request: Request) -> dict[str, Any]:
    simple, extended = request.get("statistic"), request.get("extendedStatistic")
    if bool(simple) == bool(extended):
        raise ValidationError("exactly one of statistic and extendedStatistic must be set")
    low = request.get("evaluateLowSampleCountPercentiles")
    if simple:
        if low:
            raise ValidationError("evaluateLowSampleCountPercentiles is for extendedStatistic only")
        return {"Statistic": simple}
    if not _PERCENTILE.fullmatch(extended):
        raise ValidationError(f"extendedStatistic is {extended!r}; allowed: such as p95, p99.9 or tm90")
    return {"ExtendedStatistic": extended, **({"EvaluateLowSampleCountPercentile": low} if low else {})}


def _times(request: Request) -> dict[str, Any]:
    period, periods = int(request.need("period")), int(request.need("evaluationPeriods"))
    if period not in ALARM_SHORT_PERIODS and (period <= 0 or period % _MINUTE):
        short = ", ".join(map(str, ALARM_SHORT_PERIODS))
        raise ValidationError(f"period is {period}; allowed: {short} and multiples of {_MINUTE} seconds")
    if period < _MINUTE and str(request.need("namespace")).startswith("AWS/"):
        raise ValidationError(
            f"period is {period}; allowed for metrics of AWS's services: multiples of {_MINUTE} seconds"
        )
    allowed = ALARM_LONG_EVALUATION if period >= _HOUR else ALARM_EVALUATION
    if periods < 1 or not allowed.allows(period * periods):
        raise ValidationError(f"period times evaluationPeriods is {period * periods}; allowed: {allowed}")
    points = request.get("datapointsToAlarm")
    if points is None:
        return {"Period": period, "EvaluationPeriods": periods}
    if not 1 <= points <= periods:
        raise ValidationError(f"datapointsToAlarm is {points:g}; allowed: 1 to evaluationPeriods, which is {periods}")
    return {"Period": period, "EvaluationPeriods": periods, "DatapointsToAlarm": int(points)}


def _missing_data(request: Request) -> str:
    given = str(request.get("treatMissingData", "missing"))
    if given not in _MISSING_DATA:
        raise ValidationError(f"treatMissingData is {given!r}; allowed: {', '.join(_MISSING_DATA)}")
    return given


def _actions(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, aws in {**_ACTIONS, "insufficientDataActions": "InsufficientDataActions"}.items():
        actions = [str(action) for action in request.get(key, [])]
        if not ALARM_ACTIONS.allows(len(actions)):
            raise ValidationError(f"{key} has {len(actions)} ARNs; allowed: {ALARM_ACTIONS}")
        for action in actions:
            _validate_action(request, key, action)
        found[aws] = actions
    return found


def _validate_action(request: Request, key: str, action: str) -> None:
    parts = action.split(":")
    if len(parts) < 6 or parts[0] != "arn":  # noqa: PLR2004  the parts of an ARN
        raise ValidationError(f"{key} has {action!r}; allowed: ARNs")
    if parts[3] != request.cloud.region:
        raise ValidationError(f"{key} has {action!r}; allowed: actions in {request.cloud.region}, the alarm's region")
