"""API Gateway's numbers and names."""

from typing import Final

from policies.rules.aws_limits.source import READ_NEWS, SERVICE_MODELS, Name, Range, Source

WEBSOCKET_QUOTAS: Final = Source(
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"
)
REST_API_QUOTAS: Final = Source(
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"
)
REST_STREAMING: Final = Source(
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html", READ_NEWS
)
THROTTLING: Final = Source("https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html")
HTTP_API_QUOTAS: Final = Source("https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html")

WEBSOCKET_INTEGRATION_TIMEOUT: Final = Range(50, 29_000, "milliseconds", WEBSOCKET_QUOTAS)
WEBSOCKET_FRAME: Final = Range(0, 32 * 1024, "bytes", WEBSOCKET_QUOTAS)
WEBSOCKET_MESSAGE: Final = Range(0, 128 * 1024, "bytes", WEBSOCKET_QUOTAS)
"""A larger frame or message closes the connection with status 1009."""

HTTP_API_INTEGRATION_TIMEOUT: Final = Range(50, 30_000, "milliseconds", HTTP_API_QUOTAS)

REST_EDGE_INTEGRATION_TIMEOUT: Final = Range(50, 29_000, "milliseconds", REST_API_QUOTAS)
"""Of an edge-optimised API, always; of the others, until the account's quota is raised."""

REST_INTEGRATION_TIMEOUT: Final = Range(50, 300_000, "milliseconds", REST_API_QUOTAS)
REST_STREAM_INTEGRATION_TIMEOUT: Final = Range(50, 900_000, "milliseconds", REST_STREAMING)
"""Of an integration whose responseTransferMode is STREAM."""

API_THROTTLE: Final = Range(1, 10_000, "requests a second", THROTTLING)
"""An account's whole bucket in a Region; a stage cannot have more."""

API_NAME: Final = Name(128, r".+", SERVICE_MODELS)
API_STAGE_NAME: Final = Name(128, r"[a-zA-Z0-9_$-]+", SERVICE_MODELS)
