"""The wiring diagram: configuration in, components, exports."""

from pathlib import Path

import pulumi

from components.agent_runtime import AgentRuntime
from components.data_bucket import DataBucket
from components.journal_table import JournalTable
from components.mcp_runtime import McpRuntimeArgs
from components.packaging import AGENTCORE, PythonPackage, Target, build_all, longrun_home
from components.polling_workflow import PollingWorkflow
from components.stack_config import Settings
from components.streaming_lambda import StreamingLambda

root = Path(__file__).resolve().parent
settings = Settings.read(root)
tags: dict[str, pulumi.Input[str]] = dict(settings.tags)
target = Target.of(settings.python_version, settings.architecture)
agentcore_target = Target.of(settings.python_version, settings.agentcore_architecture)

gateway_package, worker_package, agent_package = build_all(
    [
        PythonPackage(
            name="gateway", sources=(root / "contract", root / "runtime"), target=target, preinstalled=("boto3",)
        ),
        PythonPackage(
            name="worker",
            sources=(root / "agents", root / "contract", root / "runtime", root / "tools"),
            target=target,
            requirements=root / "requirements" / "worker.txt",
        ),
        PythonPackage(
            name="agent",
            sources=(
                *(root / "agents", root / "contract", root / "runtime", root / "tools"),
                *(root / "runtime" / "agentcore" / "agent_main.py", root / "tools" / "server" / "tools_main.py"),
            ),
            target=agentcore_target,
            requirements=root / "requirements" / "agent.txt",
            limits=AGENTCORE,
            entry_points=("agent_main.py", "tools_main.py"),
        ),
    ],
    longrun_home(root),
    pulumi.log.info,
)

journal = JournalTable(
    "journal",
    {"retention_days": settings.run_retention_days, "retain": settings.retain_data, "tags": tags},
)
data = DataBucket(
    "data",
    {"path": str(root / settings.data_path), "retain": settings.retain_data, "tags": tags},
)
tools = AgentRuntime(
    "tools",
    {
        "package": str(agent_package.zip_path),
        "entry_point": ["tools_main.py"],
        "runtime": agentcore_target.runtime,
        "protocol": "MCP",
        "region": settings.region,
        "account_arn": journal.table_arn,
        "policies": [journal.files_policy, data.read_policy],
        "payload_bucket": journal.payload_bucket,
        "data_bucket": data.bucket_name,
        "idle_seconds": settings.session_idle_seconds,
        "lifetime_seconds": settings.session_lifetime_seconds,
        "traces_endpoint": settings.traces_endpoint,
        "log_retention_days": settings.log_retention_days,
        "tags": tags,
    },
)
mcp_runtimes: dict[str, McpRuntimeArgs] = {"analysis": {"arn": tools.arn, "endpoint": tools.endpoint}}
streaming = StreamingLambda(
    "streaming",
    {
        "transport": "websocket",
        "gateway_package": str(gateway_package.zip_path),
        "worker_package": str(worker_package.zip_path),
        "runtime": target.runtime,
        "architecture": target.architecture,
        "region": settings.region,
        "agents": list(settings.agents),
        "table_name": journal.table_name,
        "payload_bucket": journal.payload_bucket,
        "payload_bucket_arn": journal.payload_bucket_arn,
        "keep_policy": journal.keep_policy,
        "write_policy": journal.write_policy,
        "data_bucket": data.bucket_name,
        "data_policy": data.read_policy,
        "run_retention_days": settings.run_retention_days,
        "model_provider": settings.model_provider,
        "model_id": settings.model_id,
        "model_url": settings.model_url,
        "model_secret_arn": settings.model_secret_arn,
        "mcp_servers": list(settings.mcp_servers),
        "mcp_runtimes": mcp_runtimes,
        "worker_memory": settings.worker_memory,
        "deadline_margin": settings.deadline_margin_seconds,
        "throttle_rate": settings.throttle_rate,
        "throttle_burst": settings.throttle_burst,
        "authorization": settings.authorization,
        "websocket_url": settings.websocket_url,
        "log_retention_days": settings.log_retention_days,
        "tags": tags,
    },
)
analysts = AgentRuntime(
    "analysts",
    {
        "code_bucket": tools.code_bucket,
        "code_key": tools.code_key,
        "entry_point": ["agent_main.py"],
        "runtime": agentcore_target.runtime,
        "region": settings.region,
        "account_arn": journal.table_arn,
        "policies": [journal.steps_policy, data.read_policy],
        "agents": list(settings.background_agents),
        "table_name": journal.table_name,
        "payload_bucket": journal.payload_bucket,
        "run_retention_days": settings.run_retention_days,
        "data_bucket": data.bucket_name,
        "model_provider": settings.model_provider,
        "model_id": settings.model_id,
        "model_url": settings.model_url,
        "model_secret_arn": settings.model_secret_arn,
        "mcp_servers": list(settings.mcp_servers),
        "mcp_runtimes": mcp_runtimes,
        "callback_url": streaming.callback_url,
        "connections_arn": streaming.connections_arn,
        "idle_seconds": settings.session_idle_seconds,
        "lifetime_seconds": settings.session_lifetime_seconds,
        "traces_endpoint": settings.traces_endpoint,
        "log_retention_days": settings.log_retention_days,
        "tags": tags,
    },
)
background = PollingWorkflow(
    "background",
    {
        "package": str(gateway_package.zip_path),
        "runtime": target.runtime,
        "architecture": target.architecture,
        "pipelines": {name: list(agents) for name, agents in settings.pipelines.items()},
        "default_pipeline": settings.first_choice,
        "hosts": [
            {
                "arn": analysts.arn,
                "endpoint": analysts.endpoint,
                "agents": list(settings.background_agents),
                "log_group": analysts.log_group,
                "role_name": analysts.role_name,
                "lifetime_seconds": settings.session_lifetime_seconds,
            }
        ],
        "table_name": journal.table_name,
        "table_arn": journal.table_arn,
        "payload_bucket": journal.payload_bucket,
        "keep_policy": journal.keep_policy,
        "run_retention_days": settings.run_retention_days,
        "completion": settings.completion,
        "agent_timeout": settings.agent_timeout_seconds,
        "workflow_timeout": settings.workflow_timeout_seconds,
        "heartbeat_limit": settings.heartbeat_limit_seconds,
        "poll_seconds": settings.poll_seconds,
        "poll_max_seconds": settings.poll_max_seconds,
        "callback_url": streaming.callback_url,
        "connections_arn": streaming.connections_arn,
        "log_retention_days": settings.log_retention_days,
        "tags": tags,
    },
)

pulumi.export("websocket_url", streaming.websocket_url)
pulumi.export("region", settings.region)
pulumi.export("authorization", settings.authorization)
pulumi.export("table_name", journal.table_name)
pulumi.export("payload_bucket", journal.payload_bucket)
pulumi.export("data_bucket", data.bucket_name)
pulumi.export("worker_function", streaming.worker_function)
pulumi.export("worker_log_group", streaming.worker_log_group)
pulumi.export("gateway_function", streaming.gateway_function)
pulumi.export("gateway_log_group", streaming.gateway_log_group)
pulumi.export("closer_log_group", streaming.closer_log_group)
pulumi.export("agents", list(settings.agents))
pulumi.export("event_bus", background.event_bus)
pulumi.export("state_machine", background.state_machine)
pulumi.export("pipelines", {name: list(agents) for name, agents in settings.pipelines.items()})
pulumi.export("default_pipeline", settings.first_choice)
pulumi.export("agent_runtime", analysts.arn)
pulumi.export("agent_endpoint", analysts.endpoint)
pulumi.export("agent_log_group", analysts.log_group)
pulumi.export("tools_runtime", tools.arn)
pulumi.export("event_door_log_group", background.event_door_log_group)
pulumi.export("invoker_log_group", background.invoker_log_group)
pulumi.export("workflow_closer_log_group", background.workflow_closer_log_group)
pulumi.export("model_id", settings.model_id)
