"""Queues, topics, event rules and their targets."""
