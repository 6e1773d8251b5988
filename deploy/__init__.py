"""How the platform is run: on a developer's machine and in a cluster."""
