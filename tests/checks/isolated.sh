#!/usr/bin/env bash
# Runs a command in a copy of the tree without the other services; by default the service's own tests.
#   tests/checks/isolated.sh placement
#   tests/checks/isolated.sh placement python -m services.placement migrate
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
service=${1:?which service}
shift
[ -f "$top/services/$service/main.py" ] || { echo "no service $service" >&2; exit 64; }
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# PostgreSQL runs as another user than root and looks into the copy's own path.
chmod 755 "$copy"
mkdir "$copy/services"
for part in conftest.py pyproject.toml shared deploy docs/receiver "services/__init__.py" "services/$service"; do
  tar -C "$top" -c "$part" | tar -C "$copy" -x
done
[ $# -gt 0 ] || set -- python -m pytest -q -p no:cacheprovider "services/$service"
cd "$copy"
PATH="$top/.venv/bin:$PATH" PYTHONPATH="$copy" PYTHONDONTWRITEBYTECODE=1 "$@"
