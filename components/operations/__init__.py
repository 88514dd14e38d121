"""Operations: what a person watches of the stack: a dashboard, alarms, and the metrics of ended runs."""

from components.operations.args import OperationsArgs
from components.operations.operations import Operations

__all__ = ["Operations", "OperationsArgs"]
