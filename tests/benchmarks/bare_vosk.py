"""The baseline of everything about words: Vosk and nothing else, as in its own examples.

`python -m tests.benchmarks.bare_vosk MODEL WAV` prints what it took as JSON.
"""

import dataclasses
import json
import resource
import sys
import time
import wave

from vosk import KaldiRecognizer, Model, SetLogLevel

from tests.benchmarks import proc

#: Frames at a time, as in vosk's test_simple.py.
CHUNK = 4000


def processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    SetLogLevel(-1)
    model_folder, path = sys.argv[1:]
    model = Model(model_path=model_folder)
    loaded = proc.memory()
    recogniser = KaldiRecognizer(model, 16_000)
    recogniser.SetWords(True)
    with wave.open(path) as sound:
        begun, begun_cpu = time.perf_counter(), processor_s()
        while pcm := sound.readframes(CHUNK):
            if recogniser.AcceptWaveform(pcm):
                recogniser.Result()
        recogniser.FinalResult()
        cpu_s, wall_s = processor_s() - begun_cpu, time.perf_counter() - begun
    memory = {"loaded": dataclasses.asdict(loaded), "decoded": dataclasses.asdict(proc.memory())}
    print(json.dumps({"cpu_s": cpu_s, "wall_s": wall_s, **memory}))


if __name__ == "__main__":
    main()
