from typing import Any

import pytest

from components.traced_function import TracedFunction
from components.validation import ComponentInputError
from tests.components.harness import deploy
from tests.components.traced_function.conftest import Deploy

LANGFUSE = "https://us.cloud.langfuse.com/api/public/otel"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"authorization": "JWT"}, "authorization is 'JWT'; allowed: AWS_IAM, NONE", id="authorization"),
        pytest.param({"reserved_concurrency": -1}, "reserved_concurrency is -1; allowed: 0 to 1,000", id="concurrency"),
        pytest.param({"timeout": 901}, "timeout is 901; allowed: 30 to 900", id="timeout"),
        pytest.param({"deadline_margin": 296}, "deadline_margin is 296; allowed: 5 to 295", id="margin"),
        pytest.param({"timeout": 60, "deadline_margin": 56}, "allowed: 5 to 55", id="margin of a shorter timeout"),
        pytest.param({"memory": 512}, "memory is 512; allowed: 1,024 to 10,240", id="memory"),
        pytest.param({"agent": "data-analyst"}, "agent is 'data-analyst'; allowed: the name", id="agent"),
        pytest.param(
            {"code": {"path": "/none", "runtime": "python3.13", "architecture": "arm64"}}, "code.path", id="code"
        ),
        pytest.param(
            {"model": {"provider": "bedrock", "model_id": "eu.anthropic.claude"}}, "model.model_id", id="model"
        ),
        pytest.param({"traces_endpoint": "us.cloud.langfuse.com"}, "traces_endpoint is", id="address of a collector"),
        pytest.param({"traces_endpoint": "https://us.cloud.langfuse.com"}, "/api/public/otel", id="path of Langfuse"),
        pytest.param(
            {"traces_endpoint": "https://cloud.langfuse.com/api/public/otel"},
            "cloud.langfuse.com, on another continent than us-east-1",
            id="Langfuse on another continent",
        ),
        pytest.param(
            {"traces_endpoint": "https://langfuse-lb-1.eu-west-1.elb.amazonaws.com/api/public/otel"},
            "eu-west-1",
            id="a collector in another region",
        ),
        pytest.param({"url": "https://agents.example.com/"}, "url is 'https://agents.example.com/'", id="template"),
        pytest.param({"log_retention_days": 2}, "log_retention_days is 2", id="retention"),
        pytest.param({"tags": {"longrun:role": "x"}}, "tags", id="a tag of Longrun's own"),
        pytest.param({"concurrency": 1}, "concurrency is unknown", id="an unknown argument"),
    ],
)
def test_what_aws_or_the_function_would_reject_is_rejected_before_any_child(
    deploy_with: Deploy, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ComponentInputError) as caught:
        deploy_with(changed)  # type: ignore[arg-type]  # what the type forbids is tested too

    assert str(caught.value).startswith("TracedFunction 'traced' has invalid arguments")
    assert message in str(caught.value)


@pytest.mark.parametrize("missing", ["code", "journal", "data", "model", "agent"])
def test_what_a_function_needs_is_named(args: dict[str, Any], missing: str) -> None:
    given: Any = {key: value for key, value in args.items() if key != missing}

    with pytest.raises(ComponentInputError, match=f"{missing} is missing"):
        deploy(lambda: TracedFunction("traced", given))


@pytest.mark.parametrize(
    "endpoint", [LANGFUSE, "https://hipaa.cloud.langfuse.com/api/public/otel", "https://o.example"]
)
def test_a_collector_near_the_stack_is_accepted(deploy_with: Deploy, endpoint: str) -> None:
    assert deploy_with({"traces_endpoint": endpoint})["traced-function"]  # type: ignore[typeddict-item]  # the rest is given


def test_a_region_without_function_urls_is_named(args: dict[str, Any]) -> None:
    given: Any = args

    with pytest.raises(ComponentInputError, match="the region is cn-north-1, where Lambda has no function URLs"):
        deploy(lambda: TracedFunction("traced", given), {"aws:region": "cn-north-1"})
