"""The sidecar's own routes under /_longrun: pace, faults, health and counters, for tests and demonstrations."""

import dataclasses
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.sidecar.bedrock.faults import FAULT_NAMES, Fault
from sandbox.sidecar.bedrock.live_settings import LiveSettings, read_pace
from sandbox.sidecar.settings import SettingsError

Handler = Callable[[Request], Awaitable[Response]]


class Control:
    """Reads and changes a running sidecar's settings. An invalid setting is answered with 400 and a message."""

    def __init__(self, live: LiveSettings, model: str) -> None:
        self._live = live
        self._model = model

    def routes(self) -> list[Route]:
        return [
            Route("/_longrun/health", _guarded(self._health), methods=["GET"]),
            Route("/_longrun/requests", _guarded(self._requests), methods=["GET"]),
            Route("/_longrun/model", _guarded(self._settings), methods=["GET"]),
            Route("/_longrun/model", _guarded(self._change), methods=["POST"]),
            Route("/_longrun/faults", _guarded(self._faults), methods=["GET"]),
            Route("/_longrun/faults", _guarded(self._add_fault), methods=["POST"]),
            Route("/_longrun/faults", _guarded(self._clear_faults), methods=["DELETE"]),
        ]

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "model": self._model, "active": self._live.counters.active})

    async def _requests(self, _: Request) -> Response:
        return JSONResponse(dataclasses.asdict(self._live.counters))

    async def _settings(self, _: Request) -> Response:
        return JSONResponse({"model": self._model, **dataclasses.asdict(self._live.pace), **self._fault_list()})

    async def _change(self, request: Request) -> Response:
        """Sets token_ms, first_token_ms, and `faults`, a list that replaces the active ones; all of them or none."""
        values = await _body(request)
        listed = values.pop("faults", None)
        pace = read_pace(self._live.pace, values)
        if listed is not None:
            if not isinstance(listed, list):
                raise SettingsError('"faults" must be a list of faults, each an object with a "name".')
            faults = [_fault(values) for values in listed]
            self._live.faults.clear()
            for fault in faults:
                self._live.faults.add(fault)
        self._live.pace = pace
        return await self._settings(request)

    async def _faults(self, _: Request) -> Response:
        return JSONResponse({**self._fault_list(), "known": FAULT_NAMES})

    async def _add_fault(self, request: Request) -> Response:
        self._live.faults.add(_fault(await _body(request)))
        return JSONResponse(self._fault_list())

    async def _clear_faults(self, _: Request) -> Response:
        self._live.faults.clear()
        return JSONResponse(self._fault_list())

    def _fault_list(self) -> dict[str, Any]:
        return {"faults": self._live.faults.pending()}


def _fault(values: object) -> Fault:
    if not isinstance(values, dict):
        raise SettingsError(f'A fault is an object with a "name", one of {", ".join(FAULT_NAMES)}.')
    return Fault.parse(values)


def _guarded(handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except SettingsError as error:
            return JSONResponse({"error": str(error), "code": "INVALID_REQUEST"}, 400)

    return handle


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise SettingsError(f"The request body is not JSON: {error}.") from error
    if not isinstance(body, dict):
        raise SettingsError("The request body must be a JSON object.")
    return body
