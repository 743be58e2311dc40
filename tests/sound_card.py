"""A virtual sound card: PulseAudio with a microphone that tests speak into and a speaker whose sound they can take.

PortAudio reaches it as it reaches any card, through ALSA. Everything lives in one folder, so that several cards run
side by side.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

PULSE_PLUGIN = "alsa-lib/libasound_module_pcm_pulse.so"
FORMAT = ["--format=s16le", "--rate=16000", "--channels=1"]


def wait_until(true: Callable[[], object], what: str, within_s: float = 240) -> None:
    """Wait for a condition; how fast the machine is does not matter as long as it comes true at all."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"after {within_s} s still not: {what}"
        time.sleep(0.02)


#: Of a take's beginning the station's tone is taken out: in the moment before it, in the tone itself, and for as long
#: after it as it may come back through the room. No longer than this, also on a busy machine.
TONE_S = 6.0


def stands_in(pcm: bytes, said: bytes) -> None:
    """Check that a recording is a piece of what was said: to the sample, after the tone.

    What was said never repeats itself and goes on for longer than the recording.
    """
    window = int(TONE_S * 32_000)
    last = pcm[-4000:]
    at = said.find(last)
    if at < 0:
        assert len(pcm) < window, "the recording is not what was said"
        return
    begins = at + len(last) - len(pcm)
    assert begins >= 0 and said.find(last, at + 1) < 0
    recorded, original = (np.frombuffer(each, "<i2") for each in (pcm, said[begins : begins + len(pcm)]))
    changed = np.flatnonzero(recorded != original)
    assert not changed.size or changed[-1] < window // 2, "a sample is missing or was changed"
    if changed.size > 1000:
        assert np.corrcoef(recorded[: changed[-1]], original[: changed[-1]])[0, 1] > 0.95


class SoundCard:
    """A live microphone "virtmic", a scripted one "testmic" and a speaker "speaker".

    Attributes:
        script: What the scripted microphone says from the moment it is opened (raw samples, as the stream is opened),
            then silence. Unlike live playback it never stumbles when the machine is busy: exact to the sample.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        plugin = next(Path("/usr/lib").glob(f"*/{PULSE_PLUGIN}"))
        self._socket = folder / "native"
        asound = folder / "asound.conf"
        self.script = folder / "script.raw"
        self.script.write_bytes(b"")
        device = 'pcm.{0} {{ type pulse {1} hint {{ show on description "{0}" }} }}\n'
        asound.write_text(
            f'pcm_type.pulse {{ lib "{plugin}" }}\n'
            + device.format("virtmic", "device virtmic")
            + device.format("speaker", "device speaker")
            + f'pcm.testmic {{ type file slave.pcm virtmic file /dev/null infile "{self.script}" format raw '
            + 'hint { show on description "testmic" } }\n'
            + "pcm.!default { type asym capture.pcm virtmic playback.pcm speaker }\n"
        )
        self.env = {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_RUNTIME_PATH": str(folder / "run"),
            "PULSE_STATE_PATH": str(folder / "state"),
            "ALSA_CONFIG_PATH": str(asound),
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._holders: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        form = "rate=16000 channels=1 format=s16le"
        script = self.folder / "default.pa"
        script.write_text(
            f"load-module module-native-protocol-unix auth-anonymous=1 socket={self._socket}\n"
            f"load-module module-null-sink sink_name=mic_feed {form}\n"
            f"load-module module-remap-source source_name=virtmic master=mic_feed.monitor {form}\n"
            f"load-module module-null-sink sink_name=speaker {form}\n"
        )
        self._socket.unlink(missing_ok=True)
        options = (
            "-n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disallow-exit --realtime=no --high-priority=no"
        )
        self._server = self._run("pulseaudio", *options.split(), "-F", str(script))
        wait_until(lambda: self._pactl("info") == 0, "the sound server answers")
        # Sinks that nobody holds open work in pieces of two seconds; held at 20 ms they behave like a card.
        for sink in ("mic_feed", "speaker"):
            holder = ["pacat", "--latency-msec=20", *FORMAT, f"--device={sink}"]
            self._holders.append(self._run(*holder, stdin=Path("/dev/zero")))
        held = self.folder / "held.raw"
        held.unlink(missing_ok=True)
        self._holders.append(self._run("parec", "--latency-msec=20", *FORMAT, "--device=virtmic", str(held)))
        wait_until(lambda: held.exists() and held.stat().st_size > 3200, "the microphone gives sound")

    def _run(self, *command: str, stdin: Path = Path("/dev/null")) -> subprocess.Popen[bytes]:
        with stdin.open("rb") as source:
            return subprocess.Popen(
                command,
                stdin=source,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **self.env},
            )

    def _pactl(self, *words: str) -> int:
        return subprocess.run(
            ["pactl", *words], env={**os.environ, **self.env}, capture_output=True, timeout=60
        ).returncode

    def listeners(self) -> int:
        """How many programs, besides this card's own holder, have the microphone open."""
        listed = subprocess.run(
            ["pactl", "list", "short", "source-outputs"],
            env={**os.environ, **self.env},
            capture_output=True,
            timeout=60,
        )
        # The remapped source itself listens to mic_feed's monitor.
        return len(listed.stdout.splitlines()) - 2

    def say(self, wav: Path) -> subprocess.Popen[bytes]:
        """Speak a WAV into the microphone; the process ends when all of it has been said."""
        return self._run("paplay", "--latency-msec=100", "--device=mic_feed", str(wav))

    def hear(self, into: Path, device: str = "speaker.monitor") -> subprocess.Popen[bytes]:
        """Record what the speaker plays (or "virtmic" hears), as raw 16 kHz mono, until the process is terminated."""
        with into.open("wb") as file:
            return subprocess.Popen(
                ["parec", "--latency-msec=20", *FORMAT, f"--device={device}"],
                stdout=file, stderr=subprocess.DEVNULL, env={**os.environ, **self.env},
            )  # fmt: skip

    def freeze(self) -> None:
        """Stop the sound server in its tracks: whatever talks to it hangs."""
        assert self._server
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._server
        self._server.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Kill the sound server, as a crash would."""
        for process in (*self._holders, self._server):
            if process:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        self._holders.clear()
        self._server = None
