"""The platform against its floor: the same hops and commits in bare asyncpg and aiokafka, measured in one run."""
