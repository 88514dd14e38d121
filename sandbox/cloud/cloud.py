"""The emulator for the resource handlers: a client for each service, and where packages lie unpacked."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sandbox.access.keys import Keys
from sandbox.cloud.call_check import validate_call
from sandbox.cloud.packages import tree_of
from sandbox.emulator_access import ACCOUNT, CHECKED_HEADER
from sandbox.messages import ServedFunction

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_bedrock_agentcore_control import BedrockAgentCoreControlClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

PARTITION = "aws"
"""That of the emulator's ARNs, whatever the region."""


class Cloud:
    """Thread-safe. `keys` are the sandbox's; `python` is the functions environment's interpreter; `upload` sends whole
    packages to the emulator instead of pointing it to where they lie unpacked. `notify` is called with what the
    supervisor needs to know (see `SupervisorClient.notify`)."""

    def __init__(
        self,
        endpoint: str,
        region: str,
        python: Path,
        upload: bool,
        keys: Keys,
        notify: Callable[[str, Mapping[str, Any]], None] = lambda _kind, _made: None,
    ) -> None:
        self.region = region
        self.python = python
        self.upload = upload
        self._notify = notify
        self.account = ACCOUNT
        self._endpoint = endpoint
        self._session = boto3.session.Session(keys.key_id, keys.secret, region_name=region)
        self._clients: dict[str, Any] = {}
        self._stored_packages: dict[tuple[str, str], Path] = {}
        self._trees: list[Path] = []
        self._lock = Lock()

    @property
    def agentcore(self) -> "BedrockAgentCoreControlClient":
        client: BedrockAgentCoreControlClient = self._client("bedrock-agentcore-control")
        # The handler makes the same checks, and knows packages that are not uploaded.
        client.meta.events.register("before-sign", _mark_checked, unique_id="checked")
        return client

    @property
    def apigatewayv2(self) -> "ApiGatewayV2Client":
        client: ApiGatewayV2Client = self._client("apigatewayv2")
        return client

    @property
    def cloudwatch(self) -> "CloudWatchClient":
        client: CloudWatchClient = self._client("cloudwatch")
        return client

    @property
    def dynamodb(self) -> "DynamoDBClient":
        client: DynamoDBClient = self._client("dynamodb")
        return client

    @property
    def ec2(self) -> Any:  # noqa: ANN401  its stubs are large for four calls
        return self._client("ec2")

    @property
    def ecs(self) -> Any:  # noqa: ANN401  its stubs are large for three calls
        return self._client("ecs")

    @property
    def events(self) -> "EventBridgeClient":
        client: EventBridgeClient = self._client("events")
        return client

    @property
    def iam(self) -> "IAMClient":
        client: IAMClient = self._client("iam")
        return client

    @property
    def lambda_(self) -> "LambdaClient":
        client: LambdaClient = self._client("lambda")
        return client

    @property
    def logs(self) -> "CloudWatchLogsClient":
        client: CloudWatchLogsClient = self._client("logs")
        return client

    @property
    def s3(self) -> "S3Client":
        client: S3Client = self._client("s3")
        return client

    @property
    def scheduler(self) -> Any:  # noqa: ANN401  its stubs are large for one call
        return self._client("scheduler")

    @property
    def secretsmanager(self) -> "SecretsManagerClient":
        client: SecretsManagerClient = self._client("secretsmanager")
        return client

    @property
    def stepfunctions(self) -> "SFNClient":
        client: SFNClient = self._client("stepfunctions")
        return client

    @property
    def sqs(self) -> "SQSClient":
        client: SQSClient = self._client("sqs")
        return client

    def arn(self, service: str, resource: str, regional: bool = True, owned: bool = True) -> str:
        region, account = self.region if regional else "", self.account if owned else ""
        return f"arn:{PARTITION}:{service}:{region}:{account}:{resource}"

    def serve(self, function: ServedFunction) -> None:
        """Has the supervisor start a fork server for the function."""
        self._notify("function", asdict(function))

    def prepare_runtime(self, arn: str, endpoint: str) -> None:
        """Has the sidecar prepare an agent runtime that will soon be invoked through its endpoint."""
        self._notify("runtime", {"arn": arn, "endpoint": endpoint})

    def store_package(self, bucket: str, key: str, zip_path: Path) -> None:
        """Records a package as an object without uploading it. A resource that names the object gets the path."""
        with self._lock:
            self._stored_packages[bucket, key] = zip_path
        if tree := tree_of(zip_path):
            self._add_tree(tree)
            self._notify("package", {"bucket": bucket, "key": key, "tree": str(tree.resolve())})

    def note_tree(self, tree: Path) -> None:
        """Records the unpacked content of a package that was uploaded, for the containers that have the same code."""
        self._add_tree(tree)
        self._notify("tree", {"tree": str(tree.resolve())})

    def stored_package(self, bucket: str, key: str) -> Path | None:
        with self._lock:
            return self._stored_packages.get((bucket, key))

    def package_trees(self) -> list[Path]:
        """The folders in which the packages that are objects lie unpacked."""
        with self._lock:
            return list(self._trees)

    def _add_tree(self, tree: Path) -> None:
        with self._lock:
            self._trees.append(tree)

    def _client(self, service: str) -> Any:  # noqa: ANN401  the properties above know the type
        with self._lock:  # making clients of one session is not thread-safe, using them is
            if service not in self._clients:
                make: Callable[..., Any] = self._session.client
                # No proxies: the user's proxy cannot reach this machine's loopback address.
                config = Config(
                    proxies={},
                    max_pool_connections=16,
                    retries={"total_max_attempts": 2},
                    s3={"addressing_style": "path"},
                )
                client = make(service, endpoint_url=self._endpoint, config=config)
                client.meta.events.register("before-parameter-build", validate_call)
                self._clients[service] = client
            return self._clients[service]


def _mark_checked(request: Any, **_: object) -> None:  # noqa: ANN401  botocore's AWSRequest
    request.headers[CHECKED_HEADER] = "yes"
