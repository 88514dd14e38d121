"""PythonPackage: a reproducible zip for Lambda or AgentCore, built without Docker, once for each content."""

from components.packaging.building import build_all
from components.packaging.built import BuiltPackage
from components.packaging.cache import longrun_home
from components.packaging.errors import PackageError
from components.packaging.limits import AGENTCORE, IMAGE, LAMBDA, PackageLimits
from components.packaging.package import PythonPackage
from components.packaging.target import Target

__all__ = [
    "AGENTCORE",
    "IMAGE",
    "LAMBDA",
    "BuiltPackage",
    "PackageError",
    "PackageLimits",
    "PythonPackage",
    "Target",
    "build_all",
    "longrun_home",
]
