"""One request to an endpoint: what it takes to be heard there, and what came of it."""
