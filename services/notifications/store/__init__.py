"""The statements of notifications: planning and taking back alerts, and what the API writes and reads.

Claiming and settling belong to `delivery/lease.py` and `delivery/settlement.py`.
"""
