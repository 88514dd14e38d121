"""The errors of the client, each with a stable code and a message."""


class LongrunError(Exception):
    """`code` is for programs, `message` for people; `run_id` is the run that the error is about, None without one."""

    def __init__(self, code: str, message: str, run_id: str | None = None) -> None:
        super().__init__(message)
        self.code = str(code)
        self.message = message
        self.run_id = run_id


class RequestError(LongrunError):
    """The deployment rejected a request; the code is one of the run contract's (UNKNOWN_RUN, CONFLICT, …)."""


class UnreachableError(LongrunError):
    """The address cannot be reached: no sandbox is running, or the network is down."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__("UNREACHABLE", f"{url} cannot be reached ({reason}); check that it is deployed and running.")


class ConnectionRejectedError(LongrunError):
    """The deployment rejected the connection; `status` is the HTTP status."""

    def __init__(self, url: str, status: int, reason: str = "") -> None:
        why = f": {reason}" if reason else "; check the address, its authorization and your keys"
        message = f"{url} rejected the connection with HTTP {status}{why}."
        super().__init__("REFUSED", message)
        self.status = status


class CredentialsError(LongrunError):
    """A URL or a call must be signed, and no AWS credentials were found."""

    def __init__(self, reason: str) -> None:
        message = f"No AWS credentials to sign with ({reason}); log in or set AWS_PROFILE."
        super().__init__("NO_CREDENTIALS", message)


class TokenMissingError(LongrunError):
    """The deployment identifies callers by tokens, and none was given."""

    def __init__(self) -> None:
        message = "The deployment needs a token; give one, in LONGRUN_TOKEN for example ('longrun token' makes one)."
        super().__init__("NO_CREDENTIALS", message)


class CallRejectedError(LongrunError):
    """AWS rejected a call, such as events:PutEvents; `reason` is the AWS error code."""

    def __init__(self, action: str, reason: str, explanation: str) -> None:
        details = " ".join(filter(None, (reason, explanation))).rstrip(".")
        super().__init__("REFUSED", f"AWS rejected {action} ({details}); check your keys and their permissions.")
        self.reason = reason


class NoResponseError(LongrunError):
    """The socket is open, but a request got no response at any attempt."""

    def __init__(self, action: str, seconds: float, run_id: str | None) -> None:
        message = f"Action {action} got no response for {seconds:g} s; see the gateway's log."
        super().__init__("NO_ANSWER", message, run_id)


class ProtocolError(LongrunError):
    """The server at the address does not follow the run contract."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__("PROTOCOL", f"The server at {url} is not a Longrun deployment: {reason}.")


class ClosedError(LongrunError):
    """The client was closed while a request or a run was pending."""

    def __init__(self) -> None:
        super().__init__("CLOSED", "The client was closed.")
