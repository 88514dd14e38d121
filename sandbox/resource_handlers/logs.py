"""CloudWatch Logs."""

from typing import Any

from policies.rules.aws_limits import LOG_GROUP_NAME, LOG_RETENTION_DAYS
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created


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
