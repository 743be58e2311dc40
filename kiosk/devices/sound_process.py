"""Starting and ending a process that holds a sound device (see `kiosk.devices.portaudio`)."""

import contextlib
import subprocess
import sys


def program(module: str) -> tuple[str, ...]:
    """Return the command that runs a module of ours, wherever the person stands (-P: not what lies there)."""
    return sys.executable, "-P", "-m", module


def start(command: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    """Start a sound process; orders go to its standard input, answers come from its standard output."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # ALSA talks at length of devices that nobody asked for
        # Of its own group: Ctrl-C in a terminal is for the station, which ends its parts in order.
        process_group=0,
    )


def order(process: "subprocess.Popen[bytes]", line: str) -> None:
    """Send a line. If the process has died, the missing answer will tell."""
    assert process.stdin is not None  # noqa: S101 - start() asked for a pipe
    with contextlib.suppress(OSError):
        process.stdin.write(f"{line}\n".encode())
        process.stdin.flush()


def end(process: "subprocess.Popen[bytes]") -> None:
    """End it, stuck or not. Whoever reads its standard output closes that."""
    process.kill()
    process.wait()
    assert process.stdin is not None  # noqa: S101 - start() asked for a pipe
    with contextlib.suppress(OSError):
        process.stdin.close()
