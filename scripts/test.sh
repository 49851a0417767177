#!/usr/bin/env bash
# Sets up a virtual environment (VENV, by default .venv) and runs all tests.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}  # BLAS threads cost more than they give on sentences
python3 -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet -c constraints.txt -e ".[test,docs]"
"$VENV/bin/python" -m pytest -n auto --dist loadfile "$@"  # a process for each core; fixtures of a file are made once
