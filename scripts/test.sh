#!/usr/bin/env bash
# Sets up a virtual environment (VENV, by default .venv) and runs all tests.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
python3 -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet -c constraints.txt -e ".[test]"
"$VENV/bin/python" -m pytest "$@"
