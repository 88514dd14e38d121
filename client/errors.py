"""What can go wrong between a program and a deployment: a stable code and a sentence for each."""


class LongrunError(Exception):
    """`code` is for programs, `sentence` for people; `run_id` names the run it is about, None for no run."""

    def __init__(self, code: str, sentence: str, run_id: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.run_id = run_id


class RequestError(LongrunError):
    """The deployment refused a request; the code is one of the run contract's (UNKNOWN_RUN, CONFLICT, …)."""


class UnreachableError(LongrunError):
    """Nothing answers at the address: no sandbox is running, or the network is away."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__("UNREACHABLE", f"Nothing answers at {url} ({reason}); check that it is deployed and running.")


class RefusedError(LongrunError):
    """The deployment does not let the caller connect."""

    def __init__(self, url: str, status: int) -> None:
        sentence = (
            f"{url} refused the connection with HTTP {status}; check the address, its authorization and your keys."
        )
        super().__init__("REFUSED", sentence)
        self.status = status


class CredentialsError(LongrunError):
    """A URL or a call must be signed and there is nothing to sign it with."""

    def __init__(self, reason: str) -> None:
        sentence = f"No AWS credentials to sign with ({reason}); log in or set AWS_PROFILE."
        super().__init__("NO_CREDENTIALS", sentence)


class CallRefusedError(LongrunError):
    """AWS refused a call, such as events:PutEvents; `reason` is AWS's own code."""

    def __init__(self, action: str, reason: str, message: str) -> None:
        said = " ".join(filter(None, (reason, message))).rstrip(".")
        super().__init__("REFUSED", f"AWS refused {action} ({said}); check your keys and what they are allowed to do.")
        self.reason = reason


class NoAnswerError(LongrunError):
    """The socket is open, and a request stays without an answer however often it is sent."""

    def __init__(self, action: str, seconds: float, run_id: str | None) -> None:
        sentence = f"Action {action} had no answer for {seconds:g} s; look at the gateway's log."
        super().__init__("NO_ANSWER", sentence, run_id)


class ProtocolError(LongrunError):
    """What answers does not speak the run contract."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__("PROTOCOL", f"What answers at {url} is no Longrun deployment: {reason}.")


class ClosedError(LongrunError):
    """The client was closed while somebody waited for it."""

    def __init__(self) -> None:
        super().__init__("CLOSED", "The client was closed.")
