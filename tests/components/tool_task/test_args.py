"""ToolTask: arguments that are rejected before anything is created."""

from typing import Any

import pytest

from components.tool_task import ToolTask, ToolTaskArgs
from components.validation import ComponentInputError
from tests.components.harness import ACCOUNT, deploy
from tests.components.tool_task.conftest import DIGEST, IMAGE

BAD: list[Any] = [
    pytest.param({"tools": ["nothing"]}, "tools has 'nothing'; allowed: list_tables", id="unknown tool"),
    pytest.param({"tools": ["profile_table"] * 2}, "tools has 'profile_table' twice", id="tool twice"),
    pytest.param({"tools": ["list_tables"]}, "for which a function is enough", id="no task needed"),
    pytest.param({"tools": []}, "tools is none", id="no tool"),
    pytest.param({"image": IMAGE.partition("@")[0] + ":1"}, "an address with a digest", id="tag"),
    pytest.param({"image": f"tools@{DIGEST[:-1]}"}, "an address with a digest", id="short digest"),
    pytest.param({"image": IMAGE.replace("us-east-1", "eu-west-1")}, "image is in eu-west-1", id="region of the image"),
    pytest.param({"image": IMAGE.replace("amazonaws.com", "amazonaws.com.cn")}, "registries in us-east-1", id="suffix"),
    pytest.param({"cpu": 300}, "cpu is 300; allowed: 256, 512", id="cpu"),
    pytest.param({"cpu": 256}, "cpu is 256, too few", id="small cpu"),
    pytest.param({"memory": 1_024}, "its tools need 3,072 MiB", id="small memory"),
    pytest.param({"memory": 5_000}, "memory is 5000; allowed: one of Fargate's sizes", id="memory"),
    pytest.param({"cpu": 1_024, "memory": 16_384}, "with cpu 1024, 2,048 to 8,192 MiB", id="combination"),
    pytest.param({"cluster_arn": "tools"}, "the ARN of an ECS cluster", id="cluster"),
    pytest.param(
        {"cluster_arn": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:cluster/a"}, "cluster_arn is in eu-west-1", id="its region"
    ),
    pytest.param({"subnets": ["subnet-1"]}, "subnets is given alone", id="subnets alone"),
    pytest.param({"security_groups": ["sg-1"]}, "security_groups is given alone", id="groups alone"),
    pytest.param(
        {"subnets": ["subnet-1"] * 17, "security_groups": ["sg-1"]}, "subnets holds 17; allowed: 1 to 16", id="subnets"
    ),
    pytest.param({"architecture": "sparc"}, "architecture is 'sparc'; allowed: arm64, x86_64", id="architecture"),
    pytest.param({"log_retention_days": 2}, "log_retention_days is 2", id="retention"),
    pytest.param({"tags": {"aws:x": "y"}}, "reserved for AWS", id="tags"),
]


@pytest.mark.parametrize(("changed", "message"), BAD)
def test_a_bad_argument_is_rejected_with_what_is_allowed(
    args: ToolTaskArgs, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ComponentInputError, match="ToolTask 'analysis' has invalid arguments") as caught:
        deploy(lambda: ToolTask("analysis", {**args, **changed}))  # type: ignore[typeddict-item]

    assert message in caught.value.message


def test_an_image_of_another_registry_is_accepted(args: ToolTaskArgs) -> None:
    image = f"public.example.com/team/tools@{DIGEST}"

    assert deploy(lambda: ToolTask("analysis", {**args, "image": image})).names("aws:ecs/taskDefinition:TaskDefinition")
