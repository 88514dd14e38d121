"""Runs components under Pulumi's mocks and tells what they registered, so that tests assert on plain values."""

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime import Mocks, rpc, run_in_stack, set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockEngine, MockMonitor, MockResourceArgs, MockSettings
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import configure, set_root_resource

ACCOUNT = "123456789012"
REGION = "us-east-1"
RUNTIMES = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:runtime"
URL_ID = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"
DIGEST = f"sha256:{'d' * 64}"
API = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api1"


@dataclass(frozen=True, slots=True)
class Registered:
    """A resource as the program registered it; input names as on the wire (camelCase)."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: Mapping[str, Any]
    dependencies: frozenset[str]
    """Names of the resources that are there before it."""
    retained: bool
    custom: bool


@dataclass
class Deployment:
    """What a program registered, and the outputs of its components and of its stack."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """By component name; the stack's under 'stack'."""

    def names(self, kind: str) -> list[str]:
        return sorted(resource.name for resource in self.resources if resource.type == kind)

    def __getitem__(self, name: str) -> Registered:
        (found,) = [resource for resource in self.resources if resource.name == name]
        return found


COMPUTED: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "aws:apigatewayv2/api:Api": lambda name: {
        "apiEndpoint": f"wss://api1.execute-api.{REGION}.amazonaws.com",
        "executionArn": API,
        "arn": f"arn:aws:apigateway:{REGION}::/apis/api1",
        "name": name,
    },
    "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime": lambda name: {
        "agentRuntimeArn": f"{RUNTIMES}/{name}-id",
        "agentRuntimeId": f"{name}-id",
        "agentRuntimeVersion": "1",
    },
    "aws:cloudwatch/eventBus:EventBus": lambda name: _named("events", f"event-bus/{name}", name),
    "aws:cloudwatch/eventRule:EventRule": lambda name: _named("events", f"rule/{name}", name),
    "aws:cloudwatch/logGroup:LogGroup": lambda name: _named("logs", f"log-group:{name}", name),
    "aws:dynamodb/table:Table": lambda name: {
        **_named("dynamodb", f"table/{name}", name),
        "streamArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}/stream/1",
    },
    "aws:ecr/repository:Repository": lambda name: {
        **_named("ecr", f"repository/{name}", name),
        "registryId": ACCOUNT,
        "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}",
    },
    "aws:ecs/cluster:Cluster": lambda name: _named("ecs", f"cluster/{name}", name),
    "aws:ecs/taskDefinition:TaskDefinition": lambda name: {
        "arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}:1"
    },
    "aws:iam/role:Role": lambda name: {"arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "name": name},
    "aws:lambda/function:Function": lambda name: {
        **_named("lambda", f"function:{name}", name),
        "invokeArn": f"arn:aws:apigateway:{REGION}:lambda:path/functions/{name}/invocations",
    },
    "aws:lambda/functionUrl:FunctionUrl": lambda name: {
        "functionUrl": f"https://{URL_ID}.lambda-url.{REGION}.on.aws/",
        "urlId": URL_ID,
        "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
    },
    "docker-build:index:Image": lambda name: {"digest": DIGEST, "ref": f"{name}:tag@{DIGEST}"},
    "aws:s3/bucket:Bucket": lambda name: {"arn": f"arn:aws:s3:::{name}", "bucket": name},
    "aws:scheduler/scheduleGroup:ScheduleGroup": lambda name: _named("scheduler", f"schedule-group/{name}", name),
    "aws:secretsmanager/secret:Secret": lambda name: _named("secretsmanager", f"secret:{name}-AbCdEf", name),
    "aws:sfn/stateMachine:StateMachine": lambda name: _named("states", f"stateMachine:{name}", name),
    "aws:sqs/queue:Queue": lambda name: {
        **_named("sqs", name, name),
        "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}",
    },
}
"""What AWS would compute, by resource type; other types are left with their inputs."""

IDS: Mapping[str, str] = {"aws:apigatewayv2/api:Api": "api1", "aws:apigatewayv2/integration:Integration": "int1"}


def _named(service: str, resource: str, name: str) -> dict[str, Any]:
    return {"arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}", "name": name}


LOOKUPS: Mapping[str, dict[str, Any]] = {
    "aws:ec2/getSubnets:getSubnets": {"id": REGION, "ids": ["subnet-1", "subnet-2"]},
    "aws:ec2/getVpc:getVpc": {"id": "vpc-1", "default": True},
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": {"userName": "AWS", "password": "of-the-registry"},
}
"""What the account has."""


class _Cloud(Mocks):
    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token in LOOKUPS:
            return LOOKUPS[args.token], []
        raise AssertionError(f"the program calls {args.token}, which costs a round trip and needs an account")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        compute = COMPUTED.get(args.typ)
        computed = compute(args.inputs.get("name") or args.name) if compute else {}
        return IDS.get(args.typ, f"{args.name}-id"), {**args.inputs, **computed}


class _Recorder(MockMonitor):
    """Pulumi's mock tells neither parent nor dependencies nor outputs; the requests hold them."""

    def __init__(self) -> None:
        super().__init__(_Cloud())
        self.deployment = Deployment()

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        if request.type != "pulumi:pulumi:Stack":
            self.deployment.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    urn=self.make_urn(request.parent, request.type, request.name),
                    parent=request.parent.rsplit("::", 1)[-1],
                    inputs=rpc.deserialize_properties(request.object),
                    dependencies=frozenset(urn.rsplit("::", 1)[-1] for urn in request.dependencies),
                    retained=request.retainOnDelete,
                    custom=request.custom,
                )
            )
        answer: resource_pb2.RegisterResourceResponse = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        return answer

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:  # noqa: N802
        *_, kind, name = request.urn.split("::")
        outputs = rpc.deserialize_properties(request.outputs)
        self.deployment.outputs["stack" if kind == "pulumi:pulumi:Stack" else name] = outputs
        return empty_pb2.Empty()


def deploy(program: Callable[[], object], config: Mapping[str, str] | None = None) -> Deployment:
    """Runs a program, or one component, as the engine would, and returns when everything is registered.

    `config` are full keys (`aws:region`) and texts. What the program raises is raised.
    """
    return contextvars.copy_context().run(_deploy, program, {"aws:region": REGION} | dict(config or {}))


def _deploy(program: Callable[[], object], config: dict[str, str]) -> Deployment:
    recorder = _Recorder()
    # Not set_mocks: it starts a stack of its own, on another event loop than the program's.
    configure(
        MockSettings(  # type: ignore[no-untyped-call]
            monitor=recorder,
            engine=MockEngine(None),
            project="longrun",
            stack="test",
            organization="tests",
            dry_run=False,
            callbacks=None,
        )
    )
    # Pulumi's own way to forget the stack of an earlier run.
    set_root_resource(None)  # type: ignore[arg-type]
    set_all_config(config)
    asyncio.run(_run(program))
    return recorder.deployment


async def _run(program: Callable[[], object]) -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    def start_thread() -> None:
        # Registration reads references to other resources in these threads, which needs a loop there.
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    try:
        with ThreadPoolExecutor(4, initializer=start_thread) as executor:
            asyncio.get_running_loop().set_default_executor(executor)
            await run_in_stack(lambda: _called(program))
    finally:
        for loop in loops:
            loop.close()


def _called(program: Callable[[], object]) -> None:
    program()


def component(resource: Registered) -> bool:
    """Whether it is one of Longrun's own, which only groups others."""
    return not resource.custom and resource.type.startswith("longrun:index:")


__all__ = [
    "ACCOUNT",
    "API",
    "DIGEST",
    "REGION",
    "RUNTIMES",
    "URL_ID",
    "Deployment",
    "Registered",
    "component",
    "deploy",
]
