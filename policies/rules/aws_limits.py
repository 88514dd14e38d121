"""AWS's numbers and reserved names, one table for components and rules, each with where it is written down."""

from dataclasses import dataclass
from typing import Final

LAMBDA_QUOTAS: Final = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
LAMBDA_VARIABLES: Final = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"
LAMBDA_API: Final = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"
LAMBDA_ASYNC_API: Final = "https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html"
WEBSOCKET_QUOTAS: Final = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"
STATES_QUOTAS: Final = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"
AGENTCORE_QUOTAS: Final = "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html"
AGENTCORE_API: Final = (
    "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateAgentRuntime.html"
)
AGENTCORE_LIFECYCLE: Final = (
    "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-lifecycle-settings.html"
)
REST_API_QUOTAS: Final = (
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"
)
HTTP_API_QUOTAS: Final = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"


@dataclass(frozen=True, slots=True)
class Range:
    """The values AWS accepts, both ends included, and the page that says so."""

    minimum: int
    maximum: int
    unit: str
    source: str

    def allows(self, value: float) -> bool:
        return self.minimum <= value <= self.maximum

    def __str__(self) -> str:
        return f"{self.minimum:,} to {self.maximum:,} {self.unit}"


LAMBDA_TIMEOUT: Final = Range(1, 900, "seconds", LAMBDA_QUOTAS)
LAMBDA_DEFAULT_TIMEOUT: Final = 3
"""Seconds a function has when no timeout is given."""

LAMBDA_MANAGED_INSTANCES_TIMEOUT: Final = Range(1, 5_400, "seconds", LAMBDA_API)
"""Only for functions with a capacity provider, and only when called asynchronously or by an event source."""

LAMBDA_MEMORY: Final = Range(128, 10_240, "MB", LAMBDA_QUOTAS)
LAMBDA_DEFAULT_MEMORY: Final = 128
"""MB a function has when no memory is given."""

LAMBDA_MANAGED_INSTANCES_MEMORY: Final = Range(128, 32_768, "MB", LAMBDA_API)
"""Only for functions with a capacity provider."""

LAMBDA_EPHEMERAL_STORAGE: Final = Range(512, 10_240, "MB", LAMBDA_QUOTAS)
LAMBDA_ENVIRONMENT_SIZE: Final = Range(0, 4_096, "bytes", LAMBDA_QUOTAS)
"""All names and values of a function together, in UTF-8."""

LAMBDA_LAYERS: Final = Range(0, 5, "layers", LAMBDA_QUOTAS)
LAMBDA_ZIP_DIRECT_UPLOAD: Final = Range(0, 50 * 1024 * 1024, "bytes", LAMBDA_QUOTAS)
"""A zipped package given in the call itself; a larger one has to come from S3."""

LAMBDA_UNZIPPED: Final = Range(0, 250 * 1024 * 1024, "bytes", LAMBDA_QUOTAS)
"""The unpacked package with its layers."""

LAMBDA_ASYNC_RETRIES: Final = Range(0, 2, "retries", LAMBDA_ASYNC_API)
LAMBDA_ASYNC_EVENT_AGE: Final = Range(60, 21_600, "seconds", LAMBDA_ASYNC_API)

LAMBDA_FUNCTION_NAME: Final = "[a-zA-Z0-9-_]{1,64}"
"""The pattern of a function's name (LAMBDA_API)."""

LAMBDA_VARIABLE_NAME: Final = "[a-zA-Z][a-zA-Z0-9_]+"
"""The pattern of a variable's name: at least two characters, the first a letter (LAMBDA_API)."""

WEBSOCKET_INTEGRATION_TIMEOUT: Final = Range(50, 29_000, "milliseconds", WEBSOCKET_QUOTAS)
HTTP_API_INTEGRATION_TIMEOUT: Final = Range(50, 30_000, "milliseconds", HTTP_API_QUOTAS)

REST_EDGE_INTEGRATION_TIMEOUT: Final = Range(50, 29_000, "milliseconds", REST_API_QUOTAS)
"""Of an edge-optimised API, always; of the others, until the account asks for more."""

REST_INTEGRATION_TIMEOUT: Final = Range(50, 300_000, "milliseconds", REST_API_QUOTAS)
REST_STREAM_INTEGRATION_TIMEOUT: Final = Range(50, 900_000, "milliseconds", REST_API_QUOTAS)
"""Of an integration whose responseTransferMode is STREAM."""

STATE_HISTORY: Final = Range(1, 25_000, "history events", STATES_QUOTAS)
"""Of one execution of Standard type, which fails beyond it."""

AGENTCORE_NAME: Final = "[a-zA-Z][a-zA-Z0-9_]{0,47}"
"""The pattern of a runtime's and an endpoint's name: no hyphen, which names made by Pulumi have (AGENTCORE_API)."""

AGENTCORE_SESSION: Final = Range(60, 28_800, "seconds", AGENTCORE_LIFECYCLE)
"""A session's idle limit and its whole life, on the microVMs that AgentCore runs unless told otherwise."""

AGENTCORE_ZIP: Final = Range(0, 250 * 1024 * 1024, "bytes", AGENTCORE_QUOTAS)
AGENTCORE_UNZIPPED: Final = Range(0, 750 * 1024 * 1024, "bytes", AGENTCORE_QUOTAS)
AGENTCORE_ENTRY_POINT: Final = Range(1, 2, "words", AGENTCORE_API)
AGENTCORE_ENTRY_WORD: Final = Range(1, 128, "characters", AGENTCORE_API)
AGENTCORE_VARIABLES: Final = Range(0, 50, "variables", AGENTCORE_API)
AGENTCORE_VARIABLE_NAME: Final = Range(1, 100, "characters", AGENTCORE_API)
AGENTCORE_VARIABLE_VALUE: Final = Range(0, 5_000, "characters", AGENTCORE_API)
AGENTCORE_SUBNETS: Final = Range(1, 16, "subnets or security groups", AGENTCORE_API)

LAMBDA_RESERVED_VARIABLES: Final = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
        # Lambda Managed Instances brought these; the older lists do not name them yet.
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
    }
)
"""Names that Lambda sets itself and refuses from its callers (LAMBDA_VARIABLES and the rules of cfn-lint)."""
