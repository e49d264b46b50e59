#!/bin/sh
# Sets up Coqui in an environment of its own, once, and serves a model as an OpenAI-compatible service on the loopback.
#
#   deploy/coqui/run.sh MODEL [--port 8025] [--samples FOLDER]
#
# MODEL is a folder with config.json and weights, or vits, xtts, bark (fetched by Coqui). COQUI_HOME is where the
# environment goes, PYTHON the interpreter. PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu spares several GB
# of CUDA on Linux.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${COQUI_HOME:-$here/.venv}
if [ $# -lt 1 ]; then
    echo "usage: $0 MODEL [--port PORT] [--samples FOLDER]" >&2
    exit 2
fi
if [ ! -f "$home/ready" ]; then
    "${PYTHON:-python3.11}" -m venv "$home"
    "$home/bin/pip" install --quiet --no-deps torchaudio==2.11.0 torchcodec==0.17.0
    "$home/bin/pip" install --quiet -r "$here/requirements.txt"
    # torchaudio's compiled part is linked against CUDA; Coqui needs nothing of it, and without it nothing fails.
    "$home/bin/python" -E - <<'PYTHON'
import importlib.util
import pathlib

import torch

if not torch.cuda.is_available():
    library = pathlib.Path(importlib.util.find_spec("torchaudio").origin).parent / "lib"
    for part in library.glob("*torchaudio*.so"):
        part.rename(part.with_suffix(".so.aside"))
PYTHON
    touch "$home/ready"
fi
exec "$home/bin/python" -E -P "$here/../../media/bot_media/speech/coqui_server.py" --model "$@"
