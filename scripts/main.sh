#!/usr/bin/env bash
# Sets up a virtual environment (VENV, by default .venv) and runs the main job: corpus, training, evaluation, package.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
python3 -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet -c constraints.txt -e ".[project]"
source "$VENV/bin/activate"  # the project's commands call `python`
python -m spacy project run "${1:-all}"
