"""The cause of a failed state, as Step Functions has it: a text, or JSON of a function's error."""

import json
import re
from typing import Final

from contract.redaction import redact

_ERROR_MESSAGE: Final = re.compile(r'"errorMessage"\s*:\s*("(?:[^"\\]|\\.)*")')


def message_of(cause: str) -> str:
    """The message of a function's error, which is JSON text with message and stack, perhaps cut: the stack is not for
    users."""
    message = _ERROR_MESSAGE.search(cause)
    if message is not None:
        return redact(str(json.loads(message[1], strict=False)))
    return "" if cause.lstrip().startswith("{") else redact(cause)
