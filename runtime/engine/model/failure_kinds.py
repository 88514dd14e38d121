"""The kinds of failure of a model call, and which errors of botocore, openai and their HTTP libraries are of which."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contract.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class Kind:
    """What happened, with `{name}` for the error's name, and what to do about it; `passes`: it may pass by itself."""

    problem: str
    advice: str
    passes: bool = False
    code: ErrorCode = ErrorCode.MODEL_ERROR


_RETURNED: Final = "the model service returned {name}"

THROTTLED: Final = Kind(
    "the model service rejects calls because of its rate limit", "ask again in a minute", True, ErrorCode.THROTTLED
)
UNAVAILABLE: Final = Kind(_RETURNED, "ask again later", passes=True)
TIMED_OUT: Final = Kind(_RETURNED, "ask again later")
"""The model used up the service's own time limit: another attempt would take as long."""
SLOW: Final = Kind("the model service did not answer in time ({name})", "ask again later", passes=True)
UNREACHABLE: Final = Kind(
    "the model service cannot be reached ({name})",
    "check the configured URL or region and the worker's network, then ask again",
    passes=True,
)
ADDRESS: Final = Kind("the model service cannot be called ({name})", "check the configured URL and the API key's text")
CERTIFICATE: Final = Kind(
    "the model service's certificate cannot be verified ({name})", "check the configured URL and trusted certificates"
)
REGION: Final = Kind("the model's region cannot be used ({name})", "check the region that is configured")
NO_CREDENTIALS: Final = Kind(
    "the worker has no AWS credentials for the model service ({name})",
    "give the function a role, or the machine's environment a profile or keys",
)
CREDENTIALS: Final = Kind(
    "the model service rejected the worker's AWS credentials ({name})", "renew them, and check the machine's clock"
)
KEY: Final = Kind("the model service rejected the API key ({name})", "check the key in the configured secret")
PERMISSION: Final = Kind(_RETURNED, "check the configured model and its permissions")
KEY_PERMISSION: Final = Kind(_RETURNED, "check that the API key has permission to use the configured model")
MODEL: Final = Kind(_RETURNED, "check the configured model's name, and that it exists in this region or at this URL")
PROFILE: Final = Kind(_RETURNED, "configure an inference profile of this model in place of its model id")
REQUEST: Final = Kind(
    "the request is not valid for the configured model ({name})",
    "check the agent's tools, messages and model parameters; the worker's log has the details",
)
TOO_LARGE: Final = Kind(
    "the request is larger than the model service accepts ({name})", "ask for less, or start a new session"
)
CONTEXT: Final = Kind("the conversation is longer than the model can read", "start a new session")
POLICY: Final = Kind(
    "the model service refused the request because of its content policy ({name})", "ask in other words"
)
QUOTA: Final = Kind(
    "the account's quota of the model service is used up ({name})", "check the account's plan, billing and quotas"
)
BROKE_OFF: Final = Kind("the model's answer broke off ({name})", "ask again", passes=True)
FAULT: Final = Kind(_RETURNED, "ask again; if it fails again, check the configured model and the worker's log")
ANSWER: Final = Kind(
    "the model service's answer cannot be read ({name})", "check that the configured URL is that of a model API"
)
UNUSABLE: Final = Kind(
    "the model service cannot be used ({name})", "check the model's configuration; the worker's log has the details"
)

BEDROCK_CODES: Final[Mapping[str, Kind]] = {
    "AccessDeniedException": PERMISSION,
    "OptInRequired": PERMISSION,
    "UnauthorizedOperation": PERMISSION,
    **dict.fromkeys(
        (
            "AuthFailure",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        CREDENTIALS,
    ),
    "ResourceNotFoundException": MODEL,
    "SerializationException": REQUEST,
    "ValidationError": REQUEST,
    "ValidationException": REQUEST,
    "RequestEntityTooLargeException": TOO_LARGE,
    "ServiceQuotaExceededException": QUOTA,
    **dict.fromkeys(
        ("Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded"),
        THROTTLED,
    ),
    **dict.fromkeys(
        ("InternalFailure", "InternalServerException", "ModelNotReadyException", "ServiceUnavailable"), UNAVAILABLE
    ),
    "ServiceUnavailableException": UNAVAILABLE,
    "ModelErrorException": FAULT,
    "ModelStreamErrorException": BROKE_OFF,
    "ModelTimeoutException": TIMED_OUT,
}
"""By the error code, in the spelling of an answer; inside a stream the first letter is in lower case."""

BEDROCK_PHRASES: Final[Mapping[str, Kind]] = {
    "model identifier is invalid": MODEL,
    "on-demand throughput": PROFILE,
    "content filtering policy": POLICY,
}
"""By what the message of a ValidationException says, in lower case."""

BEDROCK_STATUSES: Final[Mapping[int, Kind]] = {
    400: REQUEST,
    401: CREDENTIALS,
    403: PERMISSION,
    404: MODEL,
    408: UNAVAILABLE,
    413: TOO_LARGE,
    422: REQUEST,
    429: THROTTLED,
}

OPENAI_STATUSES: Final[Mapping[int, Kind]] = {
    400: REQUEST,
    401: KEY,
    402: QUOTA,
    403: KEY_PERMISSION,
    404: MODEL,
    405: ADDRESS,
    408: UNAVAILABLE,
    409: UNAVAILABLE,  # the library's own retries count it among the errors that pass
    413: TOO_LARGE,
    415: REQUEST,
    422: REQUEST,
    425: UNAVAILABLE,
    429: THROTTLED,
}

OPENAI_CODES: Final[Mapping[str, Kind]] = {
    "billing_hard_limit_reached": QUOTA,
    "billing_not_active": QUOTA,
    "content_filter": POLICY,
    "content_policy_violation": POLICY,
    "context_length_exceeded": CONTEXT,
    "insufficient_quota": QUOTA,
    "invalid_api_key": KEY,
    "model_not_found": MODEL,
    "rate_limit_exceeded": THROTTLED,
    "request_too_large": TOO_LARGE,
}
"""By the error's code, which says more than its status."""

OPENAI_TYPES: Final[Mapping[str, Kind]] = {
    "api_error": UNAVAILABLE,
    "authentication_error": KEY,
    "insufficient_quota": QUOTA,
    "internal_server_error": UNAVAILABLE,
    "invalid_request_error": REQUEST,
    "overloaded_error": UNAVAILABLE,
    "permission_error": KEY_PERMISSION,
    "rate_limit_error": THROTTLED,
    "server_error": UNAVAILABLE,
    "service_unavailable": UNAVAILABLE,
    "timeout_error": UNAVAILABLE,
}
"""By the error's type, for an error inside a stream, which has no status."""

CLASSES: Final[Mapping[tuple[str, str], Kind]] = {
    ("botocore", "ParamValidationError"): REQUEST,
    ("botocore", "NoRegionError"): REGION,
    ("botocore", "InvalidRegionError"): REGION,
    ("botocore", "UnknownEndpointError"): REGION,
    ("botocore", "EndpointProviderError"): REGION,
    ("botocore", "UnknownRegionError"): REGION,
    **{
        ("botocore", name): NO_CREDENTIALS
        for name in (
            "CredentialRetrievalError",
            "MetadataRetrievalError",
            "NoAuthTokenError",
            "NoCredentialsError",
            "PartialCredentialsError",
            "ProfileNotFound",
        )
    },
    **{("botocore", name): CREDENTIALS for name in ("LoginError", "SSOError", "TokenRetrievalError")},
    ("botocore", "SSLError"): CERTIFICATE,
    ("botocore", "ReadTimeoutError"): SLOW,
    ("botocore", "ConnectTimeoutError"): UNREACHABLE,
    ("botocore", "ConnectionError"): UNREACHABLE,
    ("botocore", "ResponseStreamingError"): BROKE_OFF,
    ("botocore", "IncompleteReadError"): BROKE_OFF,
    ("botocore", "HTTPClientError"): UNREACHABLE,
    ("botocore", "ResponseParserError"): ANSWER,
    ("botocore", "ParserError"): BROKE_OFF,  # of the event stream: a damaged frame
    ("openai", "APITimeoutError"): SLOW,
    ("openai", "APIConnectionError"): UNREACHABLE,
    ("openai", "APIResponseValidationError"): ANSWER,
    ("openai", "ContentFilterFinishReasonError"): POLICY,
    ("httpx", "UnsupportedProtocol"): ADDRESS,
    ("httpx", "LocalProtocolError"): ADDRESS,
    ("httpx", "InvalidURL"): ADDRESS,
    ("httpx", "ConnectTimeout"): UNREACHABLE,
    ("httpx", "TimeoutException"): SLOW,
    ("httpx", "DecodingError"): ANSWER,
    ("httpx", "TransportError"): UNREACHABLE,
    ("httpcore", "TimeoutException"): SLOW,
    ("httpcore", "NetworkError"): UNREACHABLE,
    ("httpcore", "RemoteProtocolError"): UNREACHABLE,
    ("urllib3", "TimeoutError"): SLOW,
    ("urllib3", "ProtocolError"): BROKE_OFF,
    ("urllib3", "HTTPError"): UNREACHABLE,
}
"""By library and class, the nearest base class first: openai and httpx are not imported for Bedrock's users."""


_HUNDREDS: Final = {2: ANSWER, 3: ADDRESS, 5: UNAVAILABLE}


def of_status(status: int, kinds: Mapping[int, Kind]) -> Kind:
    """The kind of an HTTP status that says nothing more."""
    return kinds.get(status) or _HUNDREDS.get(status // 100, FAULT)
