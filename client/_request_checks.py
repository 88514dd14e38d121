"""Checks of a request before it is sent: for what every gateway would reject."""

import json
from collections.abc import Mapping
from typing import Any

from client._errors import RequestError
from contract.errors import ErrorCode, RunError
from contract.fields import optional_run_id, optional_session_id
from contract.limits import MAX_FRAME_BYTES


def validate_request(frame: Mapping[str, Any], run_id: str | None) -> None:
    """Raises RequestError INVALID_REQUEST."""
    try:
        optional_run_id(frame)
        optional_session_id(frame)
    except RunError as error:
        raise RequestError(error.code, error.message, run_id) from None
    try:
        size = len(json.dumps(frame, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        message = "The request contains half of a surrogate pair; send valid Unicode text."
        raise RequestError(ErrorCode.INVALID_REQUEST, message, run_id) from None
    if size > MAX_FRAME_BYTES:
        message = f"The request has {size} bytes; the limit of a frame is {MAX_FRAME_BYTES}: shorten it."
        raise RequestError(ErrorCode.INVALID_REQUEST, message, run_id)
