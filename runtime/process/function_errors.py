"""Errors with which Lambda says that a function cannot run at all, whatever it is asked."""

from typing import Final

_CANNOT_RUN: Final = frozenset(
    {
        *("ResourceNotFoundException", "ResourceNotReadyException", "ResourceConflictException"),
        *("InvalidRuntimeException", "InvalidZipFileException", "InvalidSecurityGroupIDException"),
        *("InvalidSubnetIDException", "SubnetIPAddressLimitReachedException", "ENILimitReachedException"),
        *("EC2AccessDeniedException", "EC2UnexpectedException", "EFSMountConnectivityException"),
        *("EFSMountFailureException", "EFSMountTimeoutException", "KMSAccessDeniedException", "KMSDisabledException"),
        *("KMSInvalidStateException", "KMSNotFoundException", "SnapStartException", "SnapStartNotReadyException"),
    }
)
"""Of the Lambda API's Invoke."""


def cannot_run(error: str) -> bool:
    """Whether the error, with or without the prefix that Step Functions gives it (`Lambda.`), means that the function
    is missing or in a state in which it cannot be invoked (Failed, Pending, Inactive)."""
    return error.removeprefix("Lambda.") in _CANNOT_RUN
