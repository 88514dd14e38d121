"""The wiring diagram: configuration in, components, exports."""

from pathlib import Path

import pulumi

from components.data_bucket import DataBucket
from components.journal_table import JournalTable
from components.python_package import PythonPackage, Target, longrun_home
from components.settings import Settings
from components.streaming_lambda import StreamingLambda

root = Path(__file__).resolve().parent
settings = Settings.read(root)
tags: dict[str, pulumi.Input[str]] = dict(settings.tags)
target = Target.of(settings.python_version, settings.architecture)

gateway_package = PythonPackage(
    name="gateway",
    sources=(root / "runtime",),
    target=target,
    provided=("boto3",),
).build(longrun_home(root), pulumi.log.info)
worker_package = PythonPackage(
    name="worker",
    sources=(root / "agents", root / "runtime"),
    target=target,
    requirements=root / "requirements" / "worker.txt",
).build(longrun_home(root), pulumi.log.info)

journal = JournalTable(
    "journal",
    {"retention_days": settings.run_retention_days, "retain": settings.retain_data, "tags": tags},
)
data = DataBucket(
    "data",
    {"path": str(root / settings.data_path), "retain": settings.retain_data, "tags": tags},
)
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
pulumi.export("model_id", settings.model_id)
