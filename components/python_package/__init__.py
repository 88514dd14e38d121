"""PythonPackage: a reproducible zip for Lambda, built without Docker, once for each content."""

from components.python_package.built import BuiltPackage
from components.python_package.cache import longrun_home
from components.python_package.errors import PackageError
from components.python_package.package import PythonPackage
from components.python_package.target import Target

__all__ = ["BuiltPackage", "PackageError", "PythonPackage", "Target", "longrun_home"]
