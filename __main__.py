"""The wiring diagram: configuration in, components, exports."""

from pathlib import Path

import pulumi

from components.agent_runtime import AgentRuntime
from components.container_image import ContainerImage
from components.data_bucket import DataBucket
from components.journal_table import JournalTable
from components.operations import Operations
from components.packaging import AGENTCORE, IMAGE, PythonPackage, Target, build_all, longrun_home
from components.polling_workflow import PollingWorkflow
from components.react_workflow import ReactWorkflow
from components.secret_store import SecretStore
from components.stack_config import Settings, TaskWiring
from components.streaming_lambda import StreamingLambda
from components.tool_task import ToolTask
from components.traced_function import TracedFunction

root = Path(__file__).resolve().parent
settings = Settings.read(root)
pipelines = {name: list(agents) for name, agents in settings.pipelines.items()}
target = Target.of(settings.python_version, settings.architecture)
everywhere = (root / "contract", root / "runtime")
with_agents = (root / "agents", *everywhere, root / "tools")

gateway, worker, agent, *others = build_all(
    [
        PythonPackage(
            name="gateway",
            sources=everywhere,
            target=target,
            requirements=root / "requirements/gateway.txt",
            preinstalled=("boto3",),
        ),
        PythonPackage(
            name="worker",
            sources=with_agents,
            target=target,
            requirements=root / "requirements/worker.txt",
            modules=tuple(f"agents.{name}" for name in settings.agents),
        ),
        PythonPackage(
            name="agent",
            sources=(*with_agents, root / "runtime/agentcore/agent_main.py", root / "tools/server/tools_main.py"),
            target=Target.of(settings.python_version, settings.agentcore_architecture),
            requirements=root / "requirements/agent.txt",
            limits=AGENTCORE,
            entry_points=("agent_main.py", "tools_main.py"),
            modules=tuple(f"agents.{name}" for name in settings.background_agents),
        ),
        *(
            [
                PythonPackage(
                    name="streaming",
                    sources=with_agents,
                    target=target,
                    requirements=root / "requirements/streaming.txt",
                    limits=IMAGE,
                    modules=("runtime.http.streaming.main", *(f"agents.{name}" for name in settings.agents)),
                )
            ]
            if settings.stream.is_built
            else []
        ),
        *(
            [
                PythonPackage(
                    name="authorizer",
                    sources=everywhere,
                    target=target,
                    requirements=root / "requirements/authorizer.txt",
                    preinstalled=("boto3",),
                )
            ]
            if settings.authorization == "JWT"
            else []
        ),
        *(
            [
                PythonPackage(
                    name="traced",
                    sources=with_agents,
                    target=target,
                    requirements=root / "requirements/traced.txt",
                    modules=(f"agents.{settings.traced.traced_agent}",),
                    aws_services=settings.traced.aws_services,
                )
            ]
            if settings.traced.has_own_package(settings.agents)
            else []
        ),
    ],
    longrun_home(root),
    pulumi.log.info,
)
packages = {built.manifest.name: built for built in others}

journal = JournalTable("journal", {"retention_days": settings.run_retention_days, **settings.buckets})
secrets = SecretStore("secrets", settings.secrets)
data = DataBucket("data", {"path": str(root / settings.data_path), **settings.buckets})
tools = AgentRuntime(
    "tools",
    settings.runtime_args(
        {
            "code": agent.ref,
            "entry_point": ["tools_main.py"],
            "protocol": "MCP",
            "journal": journal.ref,
            "data": data.ref,
            "traces_keys": secrets.tracing_keys_ref,
        }
    ),
)
streaming = StreamingLambda(
    "streaming",
    settings.streaming_args(
        {
            "gateway": gateway.ref,
            "worker": worker.ref,
            "journal": journal.ref,
            "data": data.ref,
            "model": settings.model,
            "agents": list(settings.agents),
            "mcp_servers": list(settings.mcp_servers),
            "data_credentials": secrets.data_credentials_ref,
            "mcp_runtimes": {"analysis": tools.mcp_ref},
            "tokens": settings.access.tokens(packages["authorizer"].ref, secrets.signing_key_ref)
            if "authorizer" in packages
            else None,
        }
    ),
)
analysts = AgentRuntime(
    "analysts",
    settings.runtime_args(
        {
            "s3_code": tools.code_ref,
            "journal": journal.ref,
            "data": data.ref,
            "model": settings.model,
            "agents": settings.background_agents,
            "mcp_servers": list(settings.mcp_servers),
            "data_credentials": secrets.data_credentials_ref,
            "mcp_runtimes": {"analysis": tools.mcp_ref},
            "websocket": streaming.ref,
            "traces_keys": secrets.tracing_keys_ref,
        }
    ),
)
background = PollingWorkflow(
    "background",
    settings.workflow_args(
        {
            "code": gateway.ref,
            "journal": journal.ref,
            "hosts": [analysts.ref],
            "pipelines": pipelines,
            "default_pipeline": settings.first_choice,
            "websocket": streaming.ref,
            "traces_keys": secrets.tracing_keys_ref,
        }
    ),
)
monitored = [part.monitoring for part in (journal, streaming, analysts, background)]
if settings.react.is_deployed:
    wiring: TaskWiring = {
        "journal": journal.ref,
        "data": data.ref,
        "architecture": gateway.ref["architecture"],
    }
    eda = ToolTask("eda", settings.task_args("eda", wiring))
    causal = ToolTask("causal", settings.task_args("causal_analysis", wiring))
    react = ReactWorkflow(
        "react",
        settings.react_args(
            {
                "code": gateway.ref,
                "worker": worker.ref,
                "journal": journal.ref,
                "data": data.ref,
                "model": settings.model,
                "agents": list(settings.agents),
                "mcp_servers": list(settings.mcp_servers),
                "data_credentials": secrets.data_credentials_ref,
                "mcp_runtimes": {"analysis": tools.mcp_ref},
                "tools": {"eda": eda.ref, "causal_analysis": causal.ref},
                "websocket": streaming.ref,
                "traces_keys": secrets.tracing_keys_ref,
            }
        ),
    )
    monitored.append(react.monitoring)
    pulumi.export("workflow_state_machine", react.state_machine)
    pulumi.export("workflow_functions", react.functions)
    pulumi.export("workflow_log_groups", react.log_groups)
else:
    pulumi.log.info("The stack has no ReAct workflow: configuration longrun:toolImage is empty")
if settings.traced.is_deployed:
    traced = TracedFunction(
        "traced",
        settings.traced_args(
            {
                "code": packages["traced"].ref if "traced" in packages else worker.ref,
                "journal": journal.ref,
                "data": data.ref,
                "model": settings.model,
                "agent": settings.traced.traced_agent,
                "mcp_servers": list(settings.mcp_servers),
                "data_credentials": secrets.data_credentials_ref,
                "mcp_runtimes": {"analysis": tools.mcp_ref},
                "websocket": streaming.ref,
                "traces_keys": secrets.tracing_keys_ref,
            }
        ),
    )
    monitored.append(traced.monitoring)
    pulumi.export("traced_url", traced.function_url)
    pulumi.export("traced_function", traced.function)
    pulumi.export("traced_log_group", traced.log_group)
if settings.stream.is_deployed:
    image = settings.stream.image(target.architecture)
    if settings.stream.is_built:
        build = settings.stream.build_args(packages["streaming"].ref, longrun_home(root), settings.tags)
        built_image = ContainerImage("stream-image", build)
        image = built_image.ref
        pulumi.export("stream_bill_of_materials", built_image.bill_of_materials)
    stream = StreamingLambda(
        "stream",
        settings.stream_args(
            {
                "gateway": gateway.ref,
                "image": image,
                "journal": journal.ref,
                "data": data.ref,
                "model": settings.model,
                "agents": list(settings.agents),
                "mcp_servers": list(settings.mcp_servers),
                "data_credentials": secrets.data_credentials_ref,
                "mcp_runtimes": {"analysis": tools.mcp_ref},
            }
        ),
    )
    monitored.append(stream.monitoring)
    pulumi.export("stream_url", stream.stream_url)
    pulumi.export("stream_function", stream.stream_function)
    pulumi.export("stream_log_group", stream.worker_log_group)
    pulumi.export("stream_closer_log_group", stream.dead_letter_log_group)
if settings.operations:
    Operations("operations", settings.operations_args({"monitored": monitored}))

pulumi.export("monitored", monitored)
pulumi.export("websocket_url", streaming.websocket_url)
pulumi.export("region", settings.region)
pulumi.export("authorization", settings.authorization)
pulumi.export("token_issuer", settings.access.issuer_name)
pulumi.export("token_audience", settings.access.audience)
pulumi.export("token_max_seconds", settings.access.max_seconds)
pulumi.export("signing_secret", secrets.signing_key_ref["name"])
pulumi.export("table_name", journal.table_name)
pulumi.export("payload_bucket", journal.payload_bucket)
pulumi.export("data_bucket", data.bucket_name)
pulumi.export("worker_function", streaming.worker_function)
pulumi.export("worker_log_group", streaming.worker_log_group)
pulumi.export("gateway_function", streaming.gateway_function)
pulumi.export("gateway_log_group", streaming.gateway_log_group)
pulumi.export("authorizer_log_group", streaming.authorizer_log_group)
pulumi.export("closer_log_group", streaming.dead_letter_log_group)
pulumi.export("agents", list(settings.agents))
pulumi.export("event_bus", background.event_bus)
pulumi.export("state_machine", background.state_machine)
pulumi.export("pipelines", pipelines)
pulumi.export("default_pipeline", settings.first_choice)
pulumi.export("agent_runtime", analysts.arn)
pulumi.export("agent_endpoint", analysts.endpoint)
pulumi.export("agent_log_group", analysts.log_group)
pulumi.export("tools_runtime", tools.arn)
pulumi.export("event_door_log_group", background.start_log_group)
pulumi.export("invoker_log_group", background.invoker_log_group)
pulumi.export("workflow_closer_log_group", background.finalizer_log_group)
pulumi.export("model_id", settings.model_id)
