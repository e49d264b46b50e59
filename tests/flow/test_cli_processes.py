"""Commands beside a running owner, in processes of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from yinlu_testing.house import environment
from yinlu_testing.small_house import calls

from bot_app.runtime_folder import runtime_folder

SMALL = [sys.executable, "-m", "yinlu_testing.small_house"]
SUPPORT = os.path.dirname(os.path.dirname(__import__("yinlu_testing.house").__file__))


def _environment(**more):
    paths = os.pathsep.join([SUPPORT, *(path for path in sys.path if path)])
    return environment(PYTHONPATH=paths, **more)


def start(data, *words, **more):
    """Start a command."""
    return subprocess.Popen(
        [*SMALL, *words, "--data", str(data)],
        env=_environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(
            signal.SIGINT, signal.default_int_handler
        ),  # a shell's job ignores it
    )


def finish(process, seconds=20):
    """Return its code, stdout and stderr."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def until(condition, seconds=15):
    """Wait for something."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def owner(tmp_path):
    """`yinlu run` on a data folder whose path is too long for a socket."""
    data = tmp_path / ("long" * 20) / "data"
    process = start(data, "run", YINLU_COMMUNITY="valkey")
    until((data / "control.path").exists)
    yield data, process
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    shutil.rmtree(runtime_folder(data), ignore_errors=True)


def test_commands_go_to_the_running_owner(owner):
    """Over the control socket, private to this user, wherever it had to lie; errors arrive with their sentence."""
    data, process = owner
    code, out, err = finish(start(data, "ask", "When?", "--json"))
    assert (code, err) == (0, "")
    assert json.loads(out)["outcome"] == "answered"
    assert calls(data)[-1][2] == process.pid
    socket = (data / "control.path").read_text()
    assert os.stat(socket).st_mode & 0o777 == 0o600
    assert finish(start(data, "ask", " ")) == (1, "", "The question is empty.\n")
    code, out, err = finish(start(data, "doctor", "--json"))
    assert json.loads(out)["owner"] == process.pid
    assert code == 0, err


def test_a_second_run_is_refused_with_the_pid(owner):
    """And the first one stands."""
    data, process = owner
    code, out, err = finish(start(data, "run"))
    assert (code, out) == (1, "")
    assert str(process.pid) in err
    assert process.poll() is None


def test_large_results_and_faults_cross_the_socket(owner):
    """Megabytes in one line arrive; a fault of ours is a general sentence, its traceback in the owner's log."""
    data, process = owner
    code, out, _ = finish(start(data, "ask", "huge", "--json"))
    assert (code, len(json.loads(out)["answer"])) == (0, 3_000_000)
    code, out, err = finish(start(data, "ask", "crash"))
    assert (code, out) == (1, "")
    assert "Something went wrong" in err
    assert "Traceback" not in err
    process.terminate()
    assert "a fault of ours" in finish(process)[2]


def test_a_command_survives_its_owner(owner):
    """The owner is killed in the middle of a call: the command becomes the owner and does it itself."""
    data, process = owner
    asked = start(data, "ask", "die", "--json")
    code, out, err = finish(asked)
    assert code == 0, err
    assert json.loads(out)["outcome"] == "answered"
    assert [pid for _, _, pid in calls(data)] == [process.pid, asked.pid]


def test_sigterm_ends_the_owner_cleanly(owner):
    """Within 10 s, code 0, no socket left; a call under way is cut off and made again elsewhere."""
    data, process = owner
    asked = start(data, "ask", "wait 4", "--json")
    until(lambda: (data / "calls").exists())
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 0
    assert time.monotonic() - begun < 10
    assert finish(asked)[0] == 0
    assert not (data / "control.path").exists()


def test_ctrl_c_ends_a_command_without_a_word(owner):
    """Code 130, no traceback, and the owner stands."""
    data, process = owner
    asked = start(data, "ask", "wait 30")
    until(lambda: (data / "calls").exists())
    asked.send_signal(signal.SIGINT)
    assert finish(asked) == (130, "", "")
    assert finish(start(data, "ask", "When?"))[0] == 0
    assert process.poll() is None


def test_commands_without_an_owner_share_the_one_that_came_first(tmp_path):
    """Four at once: each is answered, whoever was owner for whom."""
    data = tmp_path / "data"
    asked = [start(data, "ask", f"wait 0.{n}", "--json") for n in range(1, 5)]
    assert [finish(process, 60)[0] for process in asked] == [0, 0, 0, 0]


def test_run_waits_for_a_command_that_is_owner(tmp_path):
    """A short command in the way is no reason to refuse to start."""
    data = tmp_path / "data"
    asked = start(data, "ask", "wait 2", "--json")
    until(lambda: (data / "calls").exists())
    process = start(data, "run")
    assert finish(asked)[0] == 0
    until((data / "control.sock").exists)
    process.terminate()
    code, out, err = finish(process)
    assert (code, "http://127.0.0.1:1" in out) == (0, True), err


def test_help_is_quick():
    """Under half a second of CPU: heavy parts are imported by the commands that need them."""
    code = (
        "import sys, time\nsys.argv = ['yinlu', '--help']\nfrom bot_app.cli import main\n"
        "try: main()\nfinally: sys.stderr.write(str(time.process_time()))"
    )
    command = [sys.executable, "-c", code]
    spent = [
        float(subprocess.run(command, env=_environment(), capture_output=True, text=True).stderr)
        for _ in range(3)
    ]
    assert min(spent) < 0.5, spent
