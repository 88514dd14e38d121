"""CloudWatch Logs."""

from typing import Any

from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created

_PERIODS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731} | {1096, 1827, 2192, 2557, 2922, 3288, 3653}
)


def log_group(request: Request) -> Created:
    request.skip("skipDestroy")
    name = request.name("name", 512, r"[.\-_/#A-Za-z0-9]+")
    days = request.get("retentionInDays", 0)
    if days and days not in _PERIODS:
        raise ValidationError(f"retentionInDays is {days}; allowed: {', '.join(map(str, sorted(_PERIODS)))}")
    settings: dict[str, Any] = {"logGroupName": name}
    if tags := request.tags():
        settings["tags"] = tags
    request.cloud.logs.create_log_group(**settings)
    if days:
        request.cloud.logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return Created(name, {"name": name, "arn": request.cloud.arn("logs", f"log-group:{name}")})
