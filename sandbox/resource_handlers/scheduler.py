"""EventBridge Scheduler."""

from typing import Any

from policies.rules.aws_limits import SCHEDULE_GROUP_NAME
from sandbox.cloud.request import Request
from sandbox.program.monitor import Created


def schedule_group(request: Request) -> Created:
    name = request.name("name", SCHEDULE_GROUP_NAME)
    settings: dict[str, Any] = {"Name": name}
    if tags := request.tags():
        settings["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    arn = request.cloud.scheduler.create_schedule_group(**settings)["ScheduleGroupArn"]
    return Created(name, {"name": name, "arn": arn})
