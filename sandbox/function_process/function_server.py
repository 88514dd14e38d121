"""The fork server of one function: imports its handler from its package, then forks its processes.

Run as `python -m sandbox.function_process.function_server LISTENER FOLDER HANDLER` by the functions environment's
interpreter, in the function's own environment. LISTENER is the descriptor of its socket, which it inherits. An import
that fails ends the server: each process then makes the imports itself and reports the error.
"""

import importlib
import socket
import sys
from collections.abc import Mapping

from sandbox.forking.fork_server import ForkServer
from sandbox.forking.preloaded import Preloaded, forget_ourselves, raise_open_files
from sandbox.function_process import bootstrap

_PRELOADED = ("awslambdaric.bootstrap", "boto3")
"""What every function process imports at its start or soon after."""


def main() -> None:
    listener, folder, handler = sys.argv[1:]
    raise_open_files()
    _look_like_bootstrap(folder)
    preloaded = Preloaded()
    with preloaded.importing():
        for module in (*_PRELOADED, handler.rpartition(".")[0]):
            importlib.import_module(module.replace("/", "."))

    def accepts(environment: Mapping[str, str]) -> bool:
        return preloaded.serves(bootstrap.lambda_environment(environment, folder))

    environment = ForkServer(socket.socket(fileno=int(listener)), accepts).serve()
    preloaded.begin(bootstrap.lambda_environment(environment, folder))
    bootstrap.serve()


def _look_like_bootstrap(folder: str) -> None:
    forget_ourselves()
    sys.argv = [bootstrap.__file__, folder]
    bootstrap.enter(folder)


if __name__ == "__main__":
    main()
