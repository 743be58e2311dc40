"""What the visits say: how soon the transcript is there, what following costs, and how much memory all that takes."""

import statistics
from collections.abc import Sequence

from tests.benchmarks.proc import Memory
from tests.benchmarks.results import Result, spread
from tests.benchmarks.rig import STORY_S
from tests.benchmarks.visits import FOLLOWING, Told

TRANSCRIPT_RATIO = 0.1
CPU_RATIO = 1.1
KIOSK_MB, ADMIN_MB, BESIDE_MODEL_MB = 60, 80, 40


def measure_transcript(visits: Sequence[Told]) -> list[Result]:
    """How long after the visitor stops the words are there."""
    ready_ms = [1000 * (told.stop_s + told.keep_s) for told in visits]
    baseline_s = [told.vosk_transcriber_s for told in visits]
    ratio = statistics.median(ready_ms) / 1000 / statistics.median(baseline_s)
    stop, keep = (spread([1000 * each for each in part], "ms") for part in _parts(visits))
    decode = spread([told.bare["wall_s"] for told in visits], "s", 2)
    exact = "to the sample" if all(told.exact for told in visits) else "NOT TO THE SAMPLE; see the tests"
    return [
        Result(
            f"stop to transcript, story of {STORY_S} s",
            spread(ready_ms, "ms"),
            "vosk-transcriber on the recording, same model",
            spread(baseline_s, "s", 2),
            f"ratio {ratio:.3f}",
            f"at most {TRANSCRIPT_RATIO}",
            ratio <= TRANSCRIPT_RATIO,
            f"From the press that ends telling to the question whether to keep: {stop}; from the press that keeps to "
            f"the transcript: {keep}. The visitor's time to answer is not counted. vosk-transcriber loads Python, the "
            f"model and ffmpeg first; of its time bare decoding takes {decode}. The recording is what was said, "
            f"{exact}.",
        )
    ]


def _parts(visits: Sequence[Told]) -> tuple[list[float], list[float]]:
    return [told.stop_s for told in visits], [told.keep_s for told in visits]


def measure_cpu(visits: Sequence[Told]) -> list[Result]:
    """How much processor time recording and following take together."""
    station_s = [sum(told.cpu_s.values()) for told in visits]
    bare_s = [told.bare["cpu_s"] for told in visits]
    ratio = statistics.median(station_s) / statistics.median(bare_s)
    both_s = [told.bare["cpu_s"] + told.listening_cpu_s for told in visits]
    each = ", ".join(f"{who} {statistics.median(t.cpu_s[who] for t in visits):.2f} s" for who in visits[0].cpu_s)
    return [
        Result(
            f"CPU of recording and following {STORY_S} s",
            spread(station_s, "s", 2),
            "bare Vosk decoding the recording at once, same model",
            spread(bare_s, "s", 2),
            f"ratio {ratio:.2f}",
            f"at most {CPU_RATIO}",
            ratio <= CPU_RATIO,
            f"User and system time. Of it: {each}.",
        ),
        Result(
            "the same, beside all that it does",
            spread(station_s, "s", 2),
            "bare Vosk as above, and a bare sounddevice stream that listens as long",
            spread(both_s, "s", 2),
            f"ratio {statistics.median(station_s) / statistics.median(both_s):.2f}",
            note="The virtual card costs more than a real one: its ALSA plugin talks to a sound server. "
            f"The bare stream alone takes {spread([told.listening_cpu_s for told in visits], 's', 2)}.",
        ),
    ]


def measure_memory(visits: Sequence[Told]) -> list[Result]:
    """How much memory each process holds after a visit, the story having been read on the site."""
    bare = [Memory(**told.bare["loaded"]) for told in visits]
    decoded = [Memory(**told.bare["decoded"]) for told in visits]
    both = _rss(visits, *FOLLOWING)
    beside_mb = statistics.median(both) - statistics.median(each.rss for each in bare)
    pss_mb = statistics.median(sum(told.memory[who].pss for who in FOLLOWING) for told in visits)
    return [
        _own(visits, "kiosk", KIOSK_MB),
        _own(visits, "microphone"),
        _own(visits, "speaker"),
        _own(visits, "transcriber"),
        _own(visits, "worker"),
        Result(
            "memory: transcriber and worker",
            spread(both, "MB"),
            "bare Vosk with the model loaded",
            spread([each.rss for each in bare], "MB"),
            f"{beside_mb:+.0f} MB",
            f"at most {BESIDE_MODEL_MB} MB more",
            beside_mb <= BESIDE_MODEL_MB,
            "Resident memory (RSS): what two processes share counts in both. Without that (PSS) both together hold "
            f"{pss_mb:.0f} MB.",
        ),
        Result(
            "memory: the same, story heard by both",
            spread(both, "MB"),
            "bare Vosk that has decoded the recording",
            spread([each.rss for each in decoded], "MB"),
            f"{statistics.median(both) - statistics.median(each.rss for each in decoded):+.0f} MB",
        ),
        _own(visits, "admin", ADMIN_MB),
        _own(visits, "run"),
    ]


def _own(visits: Sequence[Told], who: str, target_mb: float | None = None) -> Result:
    rss = _rss(visits, who)
    return Result(
        f"memory: {who}",
        spread(rss, "MB"),
        compared=f"PSS {statistics.median(told.memory[who].pss for told in visits):.0f} MB",
        target=f"at most {target_mb} MB" if target_mb else "",
        met=statistics.median(rss) <= target_mb if target_mb else None,
    )


def _rss(visits: Sequence[Told], *who: str) -> list[float]:
    return [sum(told.memory[each].rss for each in who) for told in visits]
