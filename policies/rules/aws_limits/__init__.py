"""AWS's numbers and names: one table for components, policies and sandbox, with the source and the day it was read.

This module exports what other folders use; the modules by service hold the rest.
"""

from policies.rules.aws_limits.agentcore import (
    AGENTCORE_API,
    AGENTCORE_DEFAULT_IDLE,
    AGENTCORE_DEFAULT_LIFETIME,
    AGENTCORE_ENTRY_POINT,
    AGENTCORE_ENTRY_WORD,
    AGENTCORE_NAME,
    AGENTCORE_REQUEST,
    AGENTCORE_SESSION,
    AGENTCORE_SUBNETS,
    AGENTCORE_UNZIPPED,
    AGENTCORE_VARIABLE_NAME,
    AGENTCORE_VARIABLE_VALUE,
    AGENTCORE_VARIABLES,
    AGENTCORE_ZIP,
)
from policies.rules.aws_limits.api_gateway import (
    API_NAME,
    API_STAGE_NAME,
    API_THROTTLE,
    HTTP_API_INTEGRATION_TIMEOUT,
    REST_EDGE_INTEGRATION_TIMEOUT,
    REST_INTEGRATION_TIMEOUT,
    REST_STREAM_INTEGRATION_TIMEOUT,
    WEBSOCKET_FRAME,
    WEBSOCKET_INTEGRATION_TIMEOUT,
    WEBSOCKET_MESSAGE,
)
from policies.rules.aws_limits.dynamodb import TABLE_NAME
from policies.rules.aws_limits.iam import (
    DEFAULT_SESSION as ROLE_DEFAULT_SESSION,
)
from policies.rules.aws_limits.iam import (
    POLICY_NAME,
    ROLE_NAME,
)
from policies.rules.aws_limits.iam import (
    ROLE_SIZE as ROLE_POLICY_SIZE,
)
from policies.rules.aws_limits.lambda_functions import (
    LAMBDA_ASYNC_EVENT_AGE,
    LAMBDA_ASYNC_RETRIES,
    LAMBDA_DEFAULT_MEMORY,
    LAMBDA_DEFAULT_TIMEOUT,
    LAMBDA_ENVIRONMENT_SIZE,
    LAMBDA_EPHEMERAL_STORAGE,
    LAMBDA_FUNCTION_NAME,
    LAMBDA_LAYERS,
    LAMBDA_MANAGED_INSTANCES_MEMORY,
    LAMBDA_MANAGED_INSTANCES_TIMEOUT,
    LAMBDA_MEMORY,
    LAMBDA_RESERVED_VARIABLES,
    LAMBDA_STATEMENT_ID,
    LAMBDA_TIMEOUT,
    LAMBDA_UNZIPPED,
    LAMBDA_VARIABLE_NAME,
    LAMBDA_ZIP_DIRECT_UPLOAD,
)
from policies.rules.aws_limits.logs import (
    LOG_GROUP_NAME,
)
from policies.rules.aws_limits.logs import (
    RETENTION_DAYS as LOG_RETENTION_DAYS,
)
from policies.rules.aws_limits.messaging import (
    EVENT_BUS_NAME,
    EVENT_RULE_NAME,
    EVENT_TARGET_ID,
    QUEUE_NAME,
)
from policies.rules.aws_limits.s3 import BUCKET_NAME
from policies.rules.aws_limits.source import (
    Name,
    Range,
    Source,
)
from policies.rules.aws_limits.step_functions import (
    PAYLOAD as STATE_PAYLOAD,
)
from policies.rules.aws_limits.step_functions import (
    STATE_HISTORY,
    STATE_MACHINE_NAME,
    STATES_QUOTAS,
)
from policies.rules.aws_limits.tags import TAG_KEY, TAG_VALUE, TAGS

__all__ = [
    "AGENTCORE_API",
    "AGENTCORE_DEFAULT_IDLE",
    "AGENTCORE_DEFAULT_LIFETIME",
    "AGENTCORE_ENTRY_POINT",
    "AGENTCORE_ENTRY_WORD",
    "AGENTCORE_NAME",
    "AGENTCORE_REQUEST",
    "AGENTCORE_SESSION",
    "AGENTCORE_SUBNETS",
    "AGENTCORE_UNZIPPED",
    "AGENTCORE_VARIABLES",
    "AGENTCORE_VARIABLE_NAME",
    "AGENTCORE_VARIABLE_VALUE",
    "AGENTCORE_ZIP",
    "API_NAME",
    "API_STAGE_NAME",
    "API_THROTTLE",
    "BUCKET_NAME",
    "EVENT_BUS_NAME",
    "EVENT_RULE_NAME",
    "EVENT_TARGET_ID",
    "HTTP_API_INTEGRATION_TIMEOUT",
    "LAMBDA_ASYNC_EVENT_AGE",
    "LAMBDA_ASYNC_RETRIES",
    "LAMBDA_DEFAULT_MEMORY",
    "LAMBDA_DEFAULT_TIMEOUT",
    "LAMBDA_ENVIRONMENT_SIZE",
    "LAMBDA_EPHEMERAL_STORAGE",
    "LAMBDA_FUNCTION_NAME",
    "LAMBDA_LAYERS",
    "LAMBDA_MANAGED_INSTANCES_MEMORY",
    "LAMBDA_MANAGED_INSTANCES_TIMEOUT",
    "LAMBDA_MEMORY",
    "LAMBDA_RESERVED_VARIABLES",
    "LAMBDA_STATEMENT_ID",
    "LAMBDA_TIMEOUT",
    "LAMBDA_UNZIPPED",
    "LAMBDA_VARIABLE_NAME",
    "LAMBDA_ZIP_DIRECT_UPLOAD",
    "LOG_GROUP_NAME",
    "LOG_RETENTION_DAYS",
    "POLICY_NAME",
    "QUEUE_NAME",
    "REST_EDGE_INTEGRATION_TIMEOUT",
    "REST_INTEGRATION_TIMEOUT",
    "REST_STREAM_INTEGRATION_TIMEOUT",
    "ROLE_DEFAULT_SESSION",
    "ROLE_NAME",
    "ROLE_POLICY_SIZE",
    "STATES_QUOTAS",
    "STATE_HISTORY",
    "STATE_MACHINE_NAME",
    "STATE_PAYLOAD",
    "TABLE_NAME",
    "TAGS",
    "TAG_KEY",
    "TAG_VALUE",
    "WEBSOCKET_FRAME",
    "WEBSOCKET_INTEGRATION_TIMEOUT",
    "WEBSOCKET_MESSAGE",
    "Name",
    "Range",
    "Source",
]
