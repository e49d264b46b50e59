#!/usr/bin/env bash
# Writes deploy/requirements.lock (every dependency of every extra, in the versions of constraints.txt, with its hashes) and
# deploy/licences.tsv. Run it after a change of pyproject.toml or constraints.txt; it needs uv and, for the licences, what `make test` installs.
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile pyproject.toml --all-extras --constraints constraints.txt --generate-hashes --quiet --no-header \
    --python-version 3.11 --python-platform linux --output-file deploy/requirements.lock
python deploy/licences.py
