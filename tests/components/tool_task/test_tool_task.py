"""ToolTask: what is deployed, and what its code and ECS may do."""

import json
from collections.abc import Callable
from typing import Any

import pulumi

import policies.rules.ecs
from components.data_bucket.permissions import read_files
from components.journal_table.permissions import list_run_files
from components.tool_task import ToolTask, ToolTaskArgs
from components.tool_task.tool_task import allow_reports
from policies.rules.discovery import rules_in
from policies.rules.ecs.task import TASK
from policies.rules.rule import Resource, ResourceRule
from tests.components.harness import ACCOUNT, REGION, Deployment, deploy
from tests.components.references import DATA_ARN, PAYLOADS, TABLE, by_sid
from tests.components.tool_task.conftest import IMAGE

DeployWith = Callable[..., Deployment]
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:agent"


def statements(deployment: Deployment, policy: str) -> dict[str, dict[str, Any]]:
    """By sid, sid and effect left out."""
    return by_sid(json.loads(deployment[policy].inputs["policy"])["Statement"])


def container(deployment: Deployment) -> dict[str, Any]:
    (found,) = json.loads(deployment["analysis-task"].inputs["containerDefinitions"])
    return dict(found)


def test_the_task_is_sized_for_its_largest_tool(deploy_with: DeployWith) -> None:
    task = deploy_with()["analysis-task"]

    assert (task.inputs["cpu"], task.inputs["memory"]) == ("1024", "4096")
    assert task.inputs["family"] == "longrun-test-analysis"
    assert task.inputs["runtimePlatform"] == {"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"}
    assert task.inputs["volumes"] == [{"name": "scratch"}]
    assert {"analysis-policy", "analysis-execution-policy"} <= task.dependencies


def test_the_container_runs_the_tools_with_a_read_only_root_and_its_log(deploy_with: DeployWith) -> None:
    made = container(deploy_with(variables={"EXTRA": "1"}))

    assert made["command"] == ["python", "-m", "tools.task.task_main"]
    assert made["image"] == IMAGE
    assert made["readonlyRootFilesystem"] is True
    assert made["mountPoints"] == [{"sourceVolume": "scratch", "containerPath": "/tmp", "readOnly": False}]
    assert made["logConfiguration"]["options"]["awslogs-group"] == "analysis-logs"
    assert {entry["name"]: entry["value"] for entry in made["environment"]} == {
        "EXTRA": "1",
        "LONGRUN_DATA_BUCKET": "data",
        "LONGRUN_PAYLOAD_BUCKET": "payloads",
        "LONGRUN_RETENTION_DAYS": "7",
        "LONGRUN_TABLE": "runs",
        "PYTHONUNBUFFERED": "1",
    }


def test_the_code_may_use_the_items_of_runs_their_files_and_the_data(deploy_with: DeployWith) -> None:
    runs = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["RUN#*"]}}

    assert statements(deploy_with(), "analysis-policy") == {
        "ReadRuns": {
            "Action": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
            "Resource": TABLE,
            "Condition": runs,
        },
        "WriteRuns": {"Action": ["dynamodb:PutItem", "dynamodb:UpdateItem"], "Resource": TABLE, "Condition": runs},
        "KeepRunFiles": {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{PAYLOADS}/runs/*"},
        **by_sid([list_run_files(PAYLOADS), *read_files(DATA_ARN)]),
    }


def test_ecs_may_fetch_the_image_and_write_the_log_and_nothing_else(deploy_with: DeployWith) -> None:
    found = statements(deploy_with(), "analysis-execution-policy")

    assert found.keys() == {"WriteLogs", "PullImage", "EnterRegistry"}
    assert found["PullImage"]["Resource"] == f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/tools"


def test_only_ecs_of_this_account_and_region_may_take_the_roles(deploy_with: DeployWith) -> None:
    deployed = deploy_with()

    for role in ("analysis-role", "analysis-execution-role"):
        (statement,) = json.loads(deployed[role].inputs["assumeRolePolicy"])["Statement"]
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:*"},
        }


def test_without_a_network_it_runs_in_the_default_vpc_with_a_group_for_https(args: ToolTaskArgs) -> None:
    found: dict[str, Any] = {}
    deployed = deploy(lambda: exported(found, ToolTask("analysis", args)))

    assert (found["subnets"], found["groups"]) == (["subnet-1", "subnet-2"], ["analysis-group-id"])
    assert found["ref"]["assign_public_ip"] is True
    group = deployed["analysis-group"].inputs
    assert group["vpcId"] == "vpc-1"
    assert [(rule["fromPort"], rule["toPort"]) for rule in group["egress"]] == [(443, 443)]
    assert "ingress" not in group


def test_a_given_network_is_used_as_it_is(args: ToolTaskArgs) -> None:
    found: dict[str, Any] = {}
    given: ToolTaskArgs = {**args, "subnets": ["subnet-9"], "security_groups": ["sg-9"]}
    deployed = deploy(lambda: exported(found, ToolTask("analysis", given)))

    assert (found["subnets"], found["groups"]) == (["subnet-9"], ["sg-9"])
    assert found["ref"]["assign_public_ip"] is False
    assert deployed.names("aws:ec2/securityGroup:SecurityGroup") == []


def test_the_reference_names_what_a_state_machine_needs(args: ToolTaskArgs) -> None:
    found: dict[str, Any] = {}
    deploy(lambda: exported(found, ToolTask("analysis", args)))

    assert found["ref"]["tools"] == ["profile_table", "doubly_robust"]
    assert found["ref"]["longest_seconds"] == 1_800
    assert (found["ref"]["container"], found["ref"]["spot"]) == ("tool", False)
    assert found["definition"] == f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/analysis-task"


def exported(found: dict[str, Any], task: ToolTask) -> None:
    """Records the reference once its outputs are known."""
    found["ref"] = task.ref
    ref = task.ref
    known = pulumi.Output.all(
        subnets=ref["subnets"], groups=ref["security_groups"], definition=ref["task_definition_arn"]
    )
    known.apply(found.update)


def test_spot_capacity_is_offered_by_the_own_cluster(deploy_with: DeployWith) -> None:
    deployed = deploy_with(spot=True)

    assert deployed["analysis-providers"].inputs["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert deploy_with().names("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders") == []


def test_a_given_cluster_is_used(deploy_with: DeployWith) -> None:
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/shared"
    deployed = deploy_with(cluster_arn=arn)

    assert deployed.names("aws:ecs/cluster:Cluster") == []
    assert deployed.outputs["analysis"]["cluster_arn"] == arn


def test_the_tools_report_to_the_machine_that_runs_them(args: ToolTaskArgs) -> None:
    def program() -> None:
        task = ToolTask("analysis", args)
        allow_reports("agent-reports", task.ref, MACHINE, pulumi.ResourceOptions())

    assert statements(deploy(program), "agent-reports") == {
        "ReportToStateMachine": {
            "Action": ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"],
            "Resource": MACHINE,
        }
    }


def test_the_task_definition_violates_no_rule(deploy_with: DeployWith) -> None:
    task = deploy_with()["analysis-task"]
    resource = Resource(TASK, task.name, task.urn, dict(task.inputs))
    rules = [rule for rule in rules_in(policies.rules.ecs) if isinstance(rule, ResourceRule) and TASK in rule.types]

    assert rules
    assert [finding for rule in rules for finding in rule.check(resource)] == []


def test_spans_go_to_the_collector_that_is_named(deploy_with: DeployWith) -> None:
    keys = {"name": "keys", "arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:keys"}
    traced = deploy_with(traces_endpoint="https://otel.example.com", traces_keys=keys)

    found = {entry["name"]: entry["value"] for entry in container(traced)["environment"]}
    assert found["OTEL_EXPORTER_OTLP_ENDPOINT"] == "https://otel.example.com"
    assert found["LONGRUN_TRACING_KEYS"] == keys["arn"]
    assert statements(traced, "analysis-policy")["ReadTracingKeys"]["Resource"] == keys["arn"]
    assert not [entry for entry in container(deploy_with())["environment"] if entry["name"].startswith("OTEL_")]
