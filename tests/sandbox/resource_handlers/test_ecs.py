"""Clusters, task definitions and the default network on the emulator: made as AWS makes them, and rejected alike."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from sandbox.errors import SandboxError
from tests.sandbox.clients import client
from tests.sandbox.harness import Emulator

pytestmark = pytest.mark.sandbox

PROGRAM = """
vpc = aws.ec2.get_vpc(default=True)
subnets = aws.ec2.get_subnets(filters=[{"name": "vpc-id", "values": [vpc.id]}])
group = aws.ec2.SecurityGroup(f"{NAME}-group", vpc_id=vpc.id, description="tools", egress=[
    {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}])
cluster = aws.ecs.Cluster(f"{NAME}-cluster", settings=[{"name": "containerInsights", "value": "disabled"}])
aws.ecs.ClusterCapacityProviders(f"{NAME}-providers", cluster_name=cluster.name, capacity_providers=["FARGATE_SPOT"])
bucket = aws.s3.Bucket(f"{NAME}-bucket")
aws.s3.BucketObjectv2(f"{NAME}-code", bucket=bucket.bucket, key="code.zip", source=pulumi.FileAsset(ZIP))
logs = aws.cloudwatch.LogGroup(f"{NAME}-logs", retention_in_days=7)
own, execution = role(f"{NAME}-own", TRUSTED), role(f"{NAME}-execution", "ecs-tasks.amazonaws.com")
write = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": WRITE,
    "Resource": pulumi.Output.concat(logs.arn, ":*")}]}
aws.iam.RolePolicy(f"{NAME}-write", role=execution.name, policy=pulumi.Output.json_dumps(write))
containers = pulumi.Output.json_dumps([{
    "name": "tool", "image": "example.com/tool:1", "command": ["python", "-m", MODULE], "readonlyRootFilesystem": True,
    "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp"}],
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": logs.name,
        "awslogs-region": "us-east-1", "awslogs-stream-prefix": "tool"}}}])
task = aws.ecs.TaskDefinition(f"{NAME}-task", family=f"{NAME}-family", cpu=CPU, memory="2048", network_mode="awsvpc",
    requires_compatibilities=["FARGATE"], task_role_arn=own.arn, execution_role_arn=execution.arn,
    runtime_platform={"cpu_architecture": "X86_64", "operating_system_family": "LINUX"}, volumes=[{"name": "tmp"}],
    container_definitions=containers, tags={"stage": "test"})
pulumi.export("task", task.arn)
pulumi.export("unversioned", task.arn_without_revision)
pulumi.export("group", group.id)
pulumi.export("subnets", subnets.ids)
"""
SETTINGS = {
    "CPU": "1024",
    "MODULE": "tool.main",
    "TRUSTED": "ecs-tasks.amazonaws.com",
    "WRITE": ["logs:CreateLogStream", "logs:PutLogEvents"],
}


def program(emulator: Emulator, name: str, **changed: object) -> str:
    """The program, with a package that has the module tool.main."""
    folder = emulator.folder / f"{name}-package"
    module = folder / "tree" / "tool" / "main.py"
    module.parent.mkdir(parents=True)
    module.touch()
    ZipFile(folder / "code.zip", "w").close()
    given = {**SETTINGS, **changed, "NAME": name, "ZIP": str(Path(folder / "code.zip"))}
    return "\n".join(f"{key} = {value!r}" for key, value in given.items()) + PROGRAM


def test_what_a_task_needs_is_made_as_the_program_says(emulator: Emulator) -> None:
    outputs = emulator.deploy(program(emulator, "made"), "made")

    ecs, ec2 = (client(emulator.state.endpoint, service) for service in ("ecs", "ec2"))
    found = ecs.describe_task_definition(taskDefinition=outputs["task"], include=["TAGS"])
    assert found["taskDefinition"]["taskDefinitionArn"] == f"{outputs['unversioned']}:1"
    assert found["taskDefinition"]["runtimePlatform"]["cpuArchitecture"] == "X86_64"
    assert found["tags"] == [{"key": "stage", "value": "test"}]
    (group,) = ec2.describe_security_groups(GroupIds=[outputs["group"]])["SecurityGroups"]
    assert [(rule["FromPort"], rule["IpRanges"]) for rule in group["IpPermissionsEgress"]] == [
        (443, [{"CidrIp": "0.0.0.0/0"}])
    ]
    assert {subnet["SubnetId"] for subnet in ec2.describe_subnets(SubnetIds=outputs["subnets"])["Subnets"]}


@pytest.mark.parametrize(
    ("name", "changed", "reason"),
    [
        ("size", {"CPU": "300"}, "No Fargate configuration exists"),
        ("trust", {"TRUSTED": "lambda.amazonaws.com"}, "cannot be assumed by ecs-tasks.amazonaws.com"),
        ("code", {"MODULE": "other.main"}, "no code for the image example.com/tool:1"),
        ("logs", {"WRITE": ["logs:PutLogEvents"]}, "does not allow logs:CreateLogStream"),
    ],
)
def test_what_would_fail_on_aws_is_rejected(
    emulator: Emulator, name: str, changed: dict[str, object], reason: str
) -> None:
    with pytest.raises(SandboxError, match=reason):
        emulator.deploy(program(emulator, name, **changed), name)
