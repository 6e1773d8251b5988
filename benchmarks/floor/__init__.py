"""The floor: the same hops and commits as the platform, in bare asyncpg, aiokafka and aiohttp.

Nothing is validated, traced, retried, authorised or kept for later. It is not a way to build the platform: it is what
any way costs at least.
"""
