#!/bin/sh
# Writes the hashed requirement files: all.txt for a developer's machine, one per service with all.txt as its constraint.
set -eu
cd "$(dirname "$0")/.."
compile() { "${UV:-.venv/bin/uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"; }
compile pyproject.toml --group dev services/*/pyproject.toml -o requirements/all.txt
for service in services/*/pyproject.toml; do
  compile "$service" -c requirements/all.txt -o "requirements/$(basename "$(dirname "$service")").txt"
done
