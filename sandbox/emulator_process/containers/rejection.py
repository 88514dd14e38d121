"""Errors of ECS, by the names and with the messages that AWS has where it documents them."""


class RejectedError(Exception):
    """ECS rejects the call: `code` is the error's name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def client_error(message: str) -> RejectedError:
    return RejectedError("ClientException", message)


def invalid(message: str) -> RejectedError:
    return RejectedError("InvalidParameterException", message)
