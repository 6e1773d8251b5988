"""Sends what is due: leases rows, signs, dials under guard, records what became of it."""
