"""Makes the fixtures of `shared.testing` known to every test of the repository."""

pytest_plugins = ("shared.testing.fixtures",)
