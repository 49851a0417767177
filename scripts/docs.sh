#!/usr/bin/env bash
# Builds the documentation into site/, and fails on any warning; with `serve`, shows it as it changes.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
python3 -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet -c constraints.txt -e ".[docs]"
"$VENV/bin/python" -m mkdocs "${1:-build}"
