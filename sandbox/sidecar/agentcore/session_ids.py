"""The ids that callers may give to sessions."""

from contract.limits import MIN_RUNTIME_SESSION_ID_LENGTH
from sandbox.sidecar.agent_sessions.errors import invalid

_LENGTHS = range(MIN_RUNTIME_SESSION_ID_LENGTH, 257)


def valid_session_id(given: str) -> str:
    """Raises ValidationException."""
    if len(given) not in _LENGTHS:
        allowed = f"{_LENGTHS.start} to {_LENGTHS.stop - 1}"
        raise invalid(f"runtimeSessionId has {len(given)} characters; allowed: {allowed}.")
    return given
