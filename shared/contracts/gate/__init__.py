"""Keeps the promises that events make: schemas only grow, old samples always parse, readers go before producers.

`python -m shared.contracts.gate` checks; with `--write` it commits what only grew to `schemas/`, `samples/` and
`docs/events.md`. It never writes what would break a reader: that needs a new type, `….v<n+1>`, in the same topic.
"""
