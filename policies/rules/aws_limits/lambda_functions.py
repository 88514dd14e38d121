"""Lambda's numbers and reserved names."""

from typing import Final

from policies.rules.aws_limits.source import READ_NEWS, SERVICE_MODELS, Name, Range, Source

LAMBDA_QUOTAS: Final = Source("https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html")
LAMBDA_VARIABLES: Final = Source("https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html")
LAMBDA_API: Final = Source("https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html")
LAMBDA_RUNTIMES: Final = Source("https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html")
LAMBDA_IMAGE_API: Final = Source("https://docs.aws.amazon.com/lambda/latest/api/API_ImageConfig.html")
LAMBDA_ASYNC_API: Final = Source("https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html")

PROVIDER: Final = Source("https://github.com/pulumi/pulumi-aws/tree/v7.51.1", READ_NEWS)

LAMBDA_TIMEOUT: Final = Range(1, 900, "seconds", PROVIDER)
"""The limit of pulumi-aws, which rejects a longer timeout, and so the limit of the project's functions. AWS's own has
been 1,800 s since 2026-11-19 (botocore 1.44.7). When the provider accepts more, change this number and no other."""

LAMBDA_DEFAULT_TIMEOUT: Final = 3
"""Seconds a function has when no timeout is given."""

LAMBDA_MANAGED_INSTANCES_TIMEOUT: Final = Range(1, 5_400, "seconds", SERVICE_MODELS)
"""Only for functions with a capacity provider, and only when called asynchronously or by an event source."""

LAMBDA_MEMORY: Final = Range(128, 10_240, "MB", LAMBDA_QUOTAS)
LAMBDA_DEFAULT_MEMORY: Final = 128
"""MB a function has when no memory is given."""

LAMBDA_MANAGED_INSTANCES_MEMORY: Final = Range(128, 32_768, "MB", SERVICE_MODELS)
"""Only for functions with a capacity provider."""

LAMBDA_EPHEMERAL_STORAGE: Final = Range(512, 10_240, "MB", LAMBDA_QUOTAS)
LAMBDA_ENVIRONMENT_SIZE: Final = Range(0, 4_096, "bytes", LAMBDA_QUOTAS)
"""All names and values of a function together, in UTF-8."""

LAMBDA_LAYERS: Final = Range(0, 5, "layers", LAMBDA_QUOTAS)
LAMBDA_ZIP_DIRECT_UPLOAD: Final = Range(0, 50 * 1024 * 1024, "bytes", LAMBDA_QUOTAS)
"""A zipped package given in the call itself; a larger one has to come from S3."""

LAMBDA_UNZIPPED: Final = Range(0, 250 * 1024 * 1024, "bytes", LAMBDA_QUOTAS)
"""The unpacked package with its layers."""

LAMBDA_IMAGE: Final = Range(0, 10 * 1024 * 1024 * 1024, "bytes", LAMBDA_QUOTAS)
"""An image with all its layers, unpacked."""

LAMBDA_PAYLOAD: Final = Range(0, 6 * 1024 * 1024, "bytes", LAMBDA_QUOTAS)
"""An event of a synchronous invocation, and a reply that is not streamed."""

LAMBDA_STREAMED_RESPONSE: Final = Range(0, 200 * 1024 * 1024, "bytes", LAMBDA_QUOTAS)
LAMBDA_INIT_SECONDS: Final = Range(0, 10, "seconds", LAMBDA_RUNTIMES)
"""The time that a new environment has until its runtime asks for the first event."""

LAMBDA_IMAGE_WORDS: Final = Range(0, 1_500, "words", LAMBDA_IMAGE_API)
"""The words of an image's entry point, and of its command."""

LAMBDA_IMAGE_FOLDER: Final = Range(0, 1_000, "characters", LAMBDA_IMAGE_API)

LAMBDA_ASYNC_RETRIES: Final = Range(0, 2, "retries", LAMBDA_ASYNC_API)
LAMBDA_ASYNC_EVENT_AGE: Final = Range(60, 21_600, "seconds", LAMBDA_ASYNC_API)

LAMBDA_FUNCTION_NAME: Final = Name(64, "[a-zA-Z0-9-_]+", LAMBDA_API)
LAMBDA_STATEMENT_ID: Final = Name(100, "[a-zA-Z0-9-_]+", SERVICE_MODELS)
"""The name of a statement in the function's own policy."""

LAMBDA_VARIABLE_NAME: Final = "[a-zA-Z][a-zA-Z0-9_]+"
"""The pattern of a variable's name: at least two characters, the first a letter (LAMBDA_API)."""

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
"""Names that Lambda sets itself, and rejects in a function's variables (LAMBDA_VARIABLES, the rules of cfn-lint)."""
