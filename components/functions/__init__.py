"""Shared by components that deploy functions: a function with its role, permissions, log group and code."""
