"""The transforms of a program, which the engine runs by calling the program back, before a resource is registered."""

from threading import Lock

import grpc
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2


class Transforms:
    """A resource's own transforms come first, then those of its parents, then those of the stack."""

    def __init__(self) -> None:
        self._stack: list[callback_pb2.Callback] = []
        self._by_urn: dict[str, list[callback_pb2.Callback]] = {}
        self._channels: dict[str, grpc.Channel] = {}
        self._lock = Lock()

    def add_to_stack(self, callback: callback_pb2.Callback) -> None:
        with self._lock:
            self._stack.append(callback)

    def apply(self, request: resource_pb2.RegisterResourceRequest, urn: str) -> None:
        """Changes the request: its properties, provider and dependencies."""
        with self._lock:
            inherited = [*request.transforms, *self._by_urn.get(request.parent, [])]
            self._by_urn[urn] = inherited
            callbacks = [*inherited, *self._stack]
        for callback in callbacks:
            self._apply(callback, request)

    def _apply(self, callback: callback_pb2.Callback, request: resource_pb2.RegisterResourceRequest) -> None:
        options = resource_pb2.TransformResourceOptions(
            depends_on=request.dependencies, provider=request.provider, protect=request.protect
        )
        asked = resource_pb2.TransformRequest(
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            properties=request.object,
            options=options,
        )
        invoked = callback_pb2.CallbackInvokeRequest(token=callback.token, request=asked.SerializeToString())
        answer = callback_pb2_grpc.CallbacksStub(self._channel(callback.target)).Invoke(invoked)
        changed = resource_pb2.TransformResponse.FromString(answer.response)
        request.object.CopyFrom(changed.properties)
        if changed.HasField("options"):
            request.provider = changed.options.provider or request.provider
            del request.dependencies[:]
            request.dependencies.extend(changed.options.depends_on)

    def _channel(self, target: str) -> grpc.Channel:
        with self._lock:
            if target not in self._channels:
                self._channels[target] = grpc.insecure_channel(target)
            return self._channels[target]
