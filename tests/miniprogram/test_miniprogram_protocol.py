"""The mini program's protocol client, tried by Node's own test runner."""

import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def test_the_protocol_client_keeps_its_rules() -> None:
    """What is asked is sent until it is stored, what is replayed is shown once; the rules stand in the file."""
    command = ["node", "--test", str(HERE / "protocol.test.js")]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert tried.returncode == 0, tried.stdout + tried.stderr
