"""Start a program that gets SIGTERM when its parent dies: ``python -I -S dies_with_parent.py PARENT PROGRAM ARGUMENT...``

Run as a file, before the program, so that nothing is done between fork and exec of a process with threads.
Linux tells of the end of the parent's *thread* that started it: the parent starts it from its main thread.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for the signal, make sure that the parent still lives, become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2]
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        sys.exit("prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit("the parent is gone")
    os.execv(program, [program, *sys.argv[3:]])  # noqa: S606 - meant: no shell


if __name__ == "__main__":
    main()
