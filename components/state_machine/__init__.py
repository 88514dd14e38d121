"""Shared by components with a state machine: its expressions, its role and log, and the rule for failed executions."""
