"""Tells partners what a signed decision orders to be told, and takes it back when the decision is undone."""
