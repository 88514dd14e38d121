"""PythonPackage: a reproducible zip for Lambda or AgentCore, built without Docker, once for each content."""

from components.python_package.building import build_all
from components.python_package.built import BuiltPackage
from components.python_package.cache import longrun_home
from components.python_package.errors import PackageError
from components.python_package.limits import AGENTCORE, LAMBDA, PackageLimits
from components.python_package.package import PythonPackage
from components.python_package.target import Target

__all__ = [
    "AGENTCORE",
    "LAMBDA",
    "BuiltPackage",
    "PackageError",
    "PackageLimits",
    "PythonPackage",
    "Target",
    "build_all",
    "longrun_home",
]
