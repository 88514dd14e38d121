"""What holds for every component: a hosted schema, a parent, a name, tags, keyword arguments, outputs."""

import inspect
import json
import typing
import zipfile
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer

from components.agent_runtime import AgentRuntime, AgentRuntimeArgs
from components.container_image import ContainerImage, ContainerImageArgs
from components.data_bucket import DataBucket
from components.journal_table import JournalTable, JournalTableArgs
from components.model_access import ModelArgs
from components.operations import Operations
from components.polling_workflow import PollingWorkflow, PollingWorkflowArgs
from components.private_bucket import TYPE, PrivateBucket
from components.react_workflow import ReactTools, ReactWorkflow, ReactWorkflowArgs
from components.refs import (
    CodeRef,
    DataRef,
    FunctionRef,
    HostRef,
    ImageRef,
    JournalRef,
    McpRef,
    MonitoringRef,
    QueueRef,
    RunLogRef,
    S3CodeRef,
    SecretRef,
    StateMachineRef,
    TableRef,
    ToolTaskRef,
    WebSocketRef,
)
from components.secret_store import SecretStore
from components.streaming_lambda import StreamingLambda, StreamingLambdaArgs
from components.streaming_lambda.tokens import TokenArgs
from components.tool_task import ToolTask, ToolTaskArgs
from components.traced_function import TracedFunction, TracedFunctionArgs
from tests.components.container_image.conftest import package as image_package
from tests.components.harness import ACCOUNT, REGION, Deployment, Registered, component, deploy
from tests.components.operations.conftest import ARGS
from tests.components.references import DATA, JOURNAL, MODEL, WEBSOCKET, code, host, task

WATCHED = [FunctionRef, MonitoringRef, QueueRef, RunLogRef, StateMachineRef, TableRef]
NESTED = [
    CodeRef,
    DataRef,
    HostRef,
    ImageRef,
    JournalRef,
    McpRef,
    ModelArgs,
    ReactTools,
    S3CodeRef,
    SecretRef,
    TokenArgs,
    ToolTaskRef,
    WebSocketRef,
    *WATCHED,
]
COMPONENTS = [
    AgentRuntime,
    ContainerImage,
    DataBucket,
    Operations,
    PrivateBucket,
    JournalTable,
    PollingWorkflow,
    ReactWorkflow,
    SecretStore,
    StreamingLambda,
    ToolTask,
    TracedFunction,
]
TAGS = {"team": "research"}
UNTAGGED = {
    # S3 takes ten tags an object at most, and bills each.
    "aws:s3/bucketObjectv2:BucketObjectv2",
    # These belong to a resource that is tagged, and have no tags of their own.
    "aws:apigatewayv2/authorizer:Authorizer",
    "aws:apigatewayv2/integration:Integration",
    "aws:apigatewayv2/route:Route",
    "aws:cloudwatch/dashboard:Dashboard",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    "aws:lambda/functionUrl:FunctionUrl",
    "aws:lambda/permission:Permission",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:sqs/queuePolicy:QueuePolicy",
    # Its tags are those of the image in its registry.
    "docker-build:index:Image",
}
WITHOUT_RESOURCES = {"DeliverLogs", "EnterRegistry", "WriteMetrics", "WriteTraces"}
"""Log deliveries, tokens of a registry, metrics and X-Ray have no resources: allowed on '*' only."""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A small package, and one that has to go through S3."""
    folder = tmp_path_factory.mktemp("packages")
    small, large = folder / "small.zip", folder / "large.zip"
    with zipfile.ZipFile(small, "w") as archive:
        archive.writestr("agent_main.py", "")
    with large.open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    return str(small), str(large)


@pytest.fixture(scope="module", params=COMPONENTS, ids=lambda kind: kind.__name__)
def built(
    request: pytest.FixtureRequest, packages: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    folder = tmp_path_factory.mktemp("data")
    (folder / "a.csv").touch()
    builders: dict[type[pulumi.ComponentResource], Callable[[], pulumi.ComponentResource]] = {
        AgentRuntime: lambda: AgentRuntime("part", runtime_args(packages[0])),
        ContainerImage: lambda: ContainerImage("part", image_args(folder)),
        DataBucket: lambda: DataBucket("part", {"path": str(folder), "tags": {**TAGS}}),
        Operations: lambda: Operations("part", {"monitored": [*ARGS["monitored"]], "tags": {**TAGS}}),
        PrivateBucket: lambda: PrivateBucket("part", {"expiration_days": 1, "tags": {**TAGS}}),
        JournalTable: lambda: JournalTable("part", {"retention_days": 1, "tags": {**TAGS}}),
        PollingWorkflow: lambda: PollingWorkflow("part", workflow_args(packages[0])),
        ReactWorkflow: lambda: ReactWorkflow("part", react_args(packages)),
        SecretStore: lambda: SecretStore("part", {"prefix": "longrun/test", "tags": {**TAGS}}),
        StreamingLambda: lambda: StreamingLambda("part", streaming_args(packages)),
        ToolTask: lambda: ToolTask("part", tool_args()),
        TracedFunction: lambda: TracedFunction("part", traced_args(packages)),
    }
    return deploy(builders[request.param])


def runtime_args(package: str) -> AgentRuntimeArgs:
    return {
        "code": code(package),
        "journal": JOURNAL,
        "network_mode": "VPC",
        "subnets": ["subnet-12345678"],
        "security_groups": ["sg-12345678"],
        "vpc_id": "vpc-1",
        "route_table_ids": ["rtb-1"],
        "tags": {**TAGS},
    }


def image_args(folder: Path) -> ContainerImageArgs:
    return {"package": image_package(folder / "package"), "home": str(folder / "home"), "tags": {**TAGS}}


def workflow_args(package: str) -> PollingWorkflowArgs:
    return {
        "code": code(package),
        "journal": JOURNAL,
        "pipelines": {"analysis": ["explorer"]},
        "default_pipeline": "analysis",
        "hosts": [host("analysts", "explorer")],
        "completion": "callback",
        "tags": {**TAGS},
    }


def react_args(packages: tuple[str, str]) -> ReactWorkflowArgs:
    return {
        "code": code(packages[0]),
        "worker": code(packages[1]),
        "journal": JOURNAL,
        "data": DATA,
        "model": MODEL,
        "agents": ["data_analyst"],
        "tools": {"eda": task("eda"), "causal_analysis": task("causal")},
        "question_timeout": 86_400,
        "workflow_timeout": 604_800,
        "websocket": WEBSOCKET,
        "tags": {**TAGS},
    }


def streaming_args(packages: tuple[str, str]) -> StreamingLambdaArgs:
    return {
        "gateway": code(packages[0]),
        "worker": code(packages[1]),
        "journal": JOURNAL,
        "data": DATA,
        "model": MODEL,
        "agents": ["data_analyst"],
        "authorization": "JWT",
        "tokens": {
            "code": code(packages[0]),
            "signing_key": {"name": "longrun/test/token-signing-key", "arn": "arn:secret"},
            "audience": "longrun/test",
        },
        "tags": {**TAGS},
    }


def tool_args() -> ToolTaskArgs:
    return {
        "tools": ["profile_table"],
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tools@sha256:{'a' * 64}",
        "journal": JOURNAL,
        "data": DATA,
        "spot": True,
        "tags": {**TAGS},
    }


def traced_args(packages: tuple[str, str]) -> TracedFunctionArgs:
    return {
        "code": code(packages[1]),
        "journal": JOURNAL,
        "data": DATA,
        "model": MODEL,
        "agent": "data_analyst",
        "websocket": WEBSOCKET,
        "tags": {**TAGS},
    }


def type_of(kind: type[pulumi.ComponentResource]) -> str:
    """The token is that of the class, but for one whose buckets are deployed under its earlier name."""
    return TYPE if kind is PrivateBucket else f"longrun:index:{kind.__name__}"


def children(deployment: Deployment) -> list[Registered]:
    return [resource for resource in deployment.resources if resource.name != "part"]


def test_every_child_hangs_on_its_component_and_carries_its_name(built: Deployment) -> None:
    components = {resource.name for resource in built.resources if component(resource)}

    assert children(built)
    assert [child.name for child in children(built) if child.parent not in components] == []
    assert [child.name for child in children(built) if not child.name.startswith(f"{child.parent}-")] == []


def test_everything_that_takes_tags_has_them(built: Deployment) -> None:
    untagged = [
        child.name
        for child in children(built)
        if child.custom and child.type not in UNTAGGED and not TAGS.items() <= child.inputs.get("tags", {}).items()
    ]

    assert untagged == []


def test_outputs_are_those_that_are_declared_and_all_are_known(built: Deployment) -> None:
    (kind,) = [kind for kind in COMPONENTS if type_of(kind) == built["part"].type]
    declared = {name for name in kind.__annotations__ if not name.startswith("_")}

    assert set(built.outputs["part"]) == declared
    assert None not in built.outputs["part"].values()


def test_no_permission_is_given_on_everything_that_has_resources(built: Deployment) -> None:
    policies = [child for child in children(built) if child.type == "aws:iam/rolePolicy:RolePolicy"]
    wide = [
        (statement["Sid"], statement["Action"])
        for policy in policies
        for statement in _statements(policy.inputs["policy"])
        if statement["Resource"] == "*" or any("*" in action for action in statement["Action"])
    ]

    assert {sid for sid, _ in wide} <= WITHOUT_RESOURCES


def _statements(policy: str) -> list[dict[str, typing.Any]]:
    found: list[dict[str, typing.Any]] = json.loads(policy)["Statement"]
    return found


@pytest.mark.parametrize("kind", COMPONENTS)
def test_constructor_is_that_of_a_hosted_component(kind: type[pulumi.ComponentResource]) -> None:
    assert list(inspect.signature(kind).parameters) == ["name", "args", "opts"]


def test_schema_of_all_components_can_be_hosted() -> None:
    schema = Analyzer("longrun").analyze(COMPONENTS)
    described = schema["component_definitions"]

    assert sorted(described) == sorted(kind.__name__ for kind in COMPONENTS)
    undocumented = [
        f"{name}.{key}"
        for name, definition in described.items()
        for key, value in {**definition.inputs, **definition.outputs}.items()
        if not value.description
    ]
    assert undocumented == []


def test_references_are_nested_types_of_inputs_and_no_outputs() -> None:
    schema = Analyzer("longrun").analyze(COMPONENTS)
    nested = schema["type_definitions"]

    assert sorted(nested) == sorted(kind.__name__ for kind in NESTED)
    undocumented = [
        f"{name}.{key}"
        for name, definition in nested.items()
        for key, value in definition.properties.items()
        if not value.description
    ]
    assert undocumented == []
    outputs = {key for definition in schema["component_definitions"].values() for key in definition.outputs}
    assert not [name for name in outputs if name.endswith("ref")], "one Output of an object is no reference"


@pytest.mark.parametrize(
    ("args", "most"),
    [
        (AgentRuntimeArgs, 7),
        (PollingWorkflowArgs, 7),
        (StreamingLambdaArgs, 7),
        (ContainerImageArgs, 2),
        (JournalTableArgs, 7),
        (ToolTaskArgs, 4),
        (TracedFunctionArgs, 5),
    ],
)
def test_component_needs_few_keys(args: type, most: int) -> None:
    assert len(args.__required_keys__) <= most  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", COMPONENTS)
def test_module_is_named_after_its_component(kind: type[pulumi.ComponentResource]) -> None:
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).lstrip("_")

    assert Path(inspect.getfile(kind)).stem == words
