"""What the station asks and tells: the folder `programme/`, whatever is in it."""

import json
import os
import shutil
import subprocess
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.config import VoiceSettings
from kiosk.errors import ProgrammeBroken
from kiosk.prompts import Prompts
from kiosk.shown.texts import load_texts
from kiosk.stories.editions import Edition, Editions
from kiosk.stories.folder import DataFolder
from kiosk.stories.own_voice import keep, sound_in
from kiosk.stories.programme import FILE, Programme, Question, Said, parse_programme, write_programme

BUS = Programme(questions=(Question(text="How is the bus?"), Question(text="How is the food?")))


def codes(edition: Edition | None) -> list[str]:
    assert edition
    return [fault.code for fault in edition.faults]


def asked(edition: Edition | None) -> Sequence[str]:
    assert edition
    return [said.text for said in edition.programme.questions]


def write(data: DataFolder, content: object) -> None:
    (data.programme / FILE).write_text(content if isinstance(content, str) else json.dumps(content))


def test_an_empty_folder_asks_what_the_language_asks(data: DataFolder) -> None:
    edition = Editions(data).look()
    assert edition == Edition()
    prompts = Prompts(data, load_texts("en-GB"), VoiceSettings())
    assert [said.text for said in prompts.questions] == ["What is good here? And what could be better?"]
    assert prompts.news == ()


def test_a_change_is_seen_once(data: DataFolder) -> None:
    editions = Editions(data)
    assert editions.look() and editions.look() is None
    write_programme(data, BUS)
    assert asked(editions.look()) == ["How is the bus?", "How is the food?"]
    assert editions.look() is None


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("{", "Invalid JSON"),
        ("\x00", "Invalid JSON"),
        ([], "object"),
        ({"version": 2}, "It is of version 2, and this Sayso knows version 1."),
        ({"questions": [{"text": ""}]}, "questions.0.text"),
        ({"questions": [{"text": "x"}] * 7}, "questions"),
        ({"asking": "perhaps", "news": 3}, "asking"),
        ({"questions": [{"text": "How is the bus?", "wav": "../bus.wav"}]}, "questions.0.wav"),
        ({"prompts": {"to_throw": "To keep it, press red."}}, "prompts.to_throw"),
        ({"prompts": {"welcome": ""}}, "prompts.welcome"),
        ({"hours": {"opens": "17:00", "closes": "09:00"}}, "it must close later than it opens"),
        ({"hours": {"opens": "09:00", "closes": "17:00", "days": [7]}}, "hours.days.0"),
        ({"volume_db": 60}, "volume_db"),
        ({"language": "Polish"}, "language"),
        ({"questions": [{"text": "How is the bus?", "wav": "bus.wav"}]}, "It names bus.wav, which is not there"),
    ],
)
def test_a_programme_that_cannot_be_used_leaves_the_last_good_one_in_force(
    data: DataFolder, broken: object, why: str
) -> None:
    editions = Editions(data)
    write_programme(data, BUS)
    editions.look()
    write(data, broken)
    edition = editions.look()
    assert asked(edition) == ["How is the bus?", "How is the food?"]
    assert edition and edition.faults[0].code == "programme" and why in edition.faults[0].message
    # Also for a station that starts anew; and staff are told as long as it is so.
    edition = Editions(data).look()
    assert asked(edition) == ["How is the bus?", "How is the food?"] and codes(edition) == ["programme"]
    write_programme(data, Programme())
    assert editions.look() == Edition()


def test_without_a_last_good_one_a_broken_programme_asks_what_the_language_asks(data: DataFolder) -> None:
    write(data, "{")
    assert asked(Editions(data).look()) == []
    (data.cache / FILE).write_text("{ as well")
    assert asked(Editions(data).look()) == []


def test_a_programme_that_was_taken_away_is_no_last_good_one(data: DataFolder) -> None:
    editions = Editions(data)
    write_programme(data, BUS)
    editions.look()
    (data.programme / FILE).unlink()
    assert editions.look() == Edition()
    write(data, "{")
    assert asked(Editions(data).look()) == []


def test_a_programme_heals_when_the_recording_that_it_names_comes(data: DataFolder, short_wav: Path) -> None:
    editions = Editions(data)
    write_programme(data, Programme(questions=(Question(text="How is the bus?", wav="bus.wav"),)))
    assert codes(editions.look()) == ["programme"]
    shutil.copy(short_wav, data.programme / "bus.wav")
    edition = editions.look()
    assert edition and edition.faults == ()
    assert edition.recording_of(edition.programme.questions[0]) is edition.recordings["bus"]


@pytest.mark.parametrize("content", [b"", b"RIFF....", b"\xff" * 400])
def test_a_recording_that_cannot_be_played_is_named_and_the_stations_own_voice_is_used(
    data: DataFolder, short_wav: Path, content: bytes
) -> None:
    editions, prompts = Editions(data), Prompts(data, load_texts("en-GB"), VoiceSettings())
    spoken = prompts.find("welcome")
    (data.programme / "welcome.wav").write_bytes(content)
    edition = editions.look()
    assert edition and codes(edition) == ["recording"]
    assert str(data.programme / "welcome.wav") in edition.faults[0].message
    prompts.take_up(edition)
    assert prompts.find("welcome") == spoken
    (data.programme / "welcome.wav").write_bytes(short_wav.read_bytes())
    edition = editions.look()
    assert edition and edition.faults == ()
    prompts.take_up(edition)
    assert prompts.find("welcome") != spoken


def test_a_recording_that_is_cut_short_is_not_played(data: DataFolder, short_wav: Path) -> None:
    shutil.copy(short_wav, data.programme / "welcome.wav")
    os.truncate(data.programme / "welcome.wav", short_wav.stat().st_size // 2)
    assert codes(Editions(data).look()) == ["recording"]


def test_a_question_that_is_hard_to_follow_is_asked_all_the_same_and_staff_are_told(data: DataFolder) -> None:
    text = "What do you think about the bus and the food and the music and the staff and everything else?"
    write_programme(data, Programme(questions=(Question(text=text),)))
    edition = Editions(data).look()
    assert asked(edition) == [text] and codes(edition) == ["wording"]


def test_a_visit_ends_with_the_recordings_that_it_began_with(data: DataFolder, short_wav: Path) -> None:
    texts = {name: load_texts("en-GB")[name] for name in ("welcome", "question")}
    editions, prompts = Editions(data), Prompts(data, texts, VoiceSettings())
    shutil.copy(short_wav, data.programme / "welcome.wav")
    before = editions.look()
    assert before
    prompts.take_up(before)
    prompts.prepare(before)
    heard, proof = prompts.find("welcome"), prompts.fingerprint()
    with wave.open(str(data.programme / "welcome.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(3200))
    assert (prompts.find("welcome"), prompts.fingerprint()) == (heard, proof)
    after = editions.look()
    assert after
    prompts.take_up(after)
    assert prompts.find("welcome") != heard and prompts.fingerprint() != proof


def test_a_recording_that_was_replaced_before_it_was_ever_heard_is_not_taken_for_the_one_before(
    data: DataFolder, short_wav: Path
) -> None:
    prompts = Prompts(data, load_texts("en-GB"), VoiceSettings())
    spoken = prompts.find("welcome")
    shutil.copy(short_wav, data.programme / "welcome.wav")
    prompts.take_up(Editions(data).look() or Edition())
    (data.programme / "welcome.wav").write_bytes(short_wav.read_bytes()[:-3200])
    assert prompts.find("welcome") == spoken


def test_what_the_programme_says_is_read_out_in_the_language_that_visitors_speak(data: DataFolder) -> None:
    prompts = Prompts(data, load_texts("en-GB"), VoiceSettings())

    def heard(language: str) -> list[bytes]:
        asked = (Question(text="Jak tu jest?"),)
        prompts.take_up(Edition(Programme(questions=asked, prompts={"welcome": "Witamy."}, language=language)))
        found = (prompts.find_question(0), prompts.find("welcome"), prompts.find("goodbye"))
        return [wav.read_bytes() for wav in found if wav]

    ours, polish = heard(""), heard("pl")
    assert [a == b for a, b in zip(ours, polish, strict=True)] == [False, False, True]
    assert heard("pl-PL") == polish
    # A language that the voice does not know is read out with an accent, and never left out.
    assert heard("xx") == ours and prompts.fault is None


def test_two_processes_may_speak_the_same_prompt_at_once(data: DataFolder) -> None:
    script = (
        "import sys; from pathlib import Path; from kiosk.config import VoiceSettings\n"
        "from kiosk.prompts import Prompts; from kiosk.stories.folder import DataFolder\n"
        "sys.stdin.read(); prompts = Prompts(DataFolder(Path(sys.argv[1])), {}, VoiceSettings())\n"
        "for number in range(40): assert prompts.say(f'Story {number}.'), prompts.fault"
    )
    command = [sys.executable, "-c", script, str(data.root)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.stdin
        process.stdin.close()
        process.stdin = None
    assert [process.communicate(timeout=120)[1] for process in both] == ["", ""]
    assert not list(data.cache.rglob("*.part"))


@given(content=st.binary(max_size=200))
def test_bytes_of_any_kind_are_a_programme_or_refused_with_a_reason(content: bytes) -> None:
    try:
        parse_programme(content)
    except ProgrammeBroken as error:
        assert str(error)


QUESTIONS = st.builds(
    Question,
    text=st.text(min_size=1, max_size=80),
    kind=st.sampled_from(("tell", "one-word")),
    choices=st.just(()),
) | st.builds(
    Question,
    text=st.text(min_size=1, max_size=80),
    kind=st.just("choose-one"),
    choices=st.just((Said(text="Yes"), Said(text="No"))),
)


@given(
    programme=st.builds(
        Programme,
        asking=st.booleans(),
        questions=st.lists(QUESTIONS, max_size=6).map(tuple),
    )
)
@settings(suppress_health_check=list(HealthCheck), max_examples=30, deadline=None)
def test_what_is_written_is_what_is_read(data: DataFolder, programme: Programme) -> None:
    write_programme(data, programme)
    edition = Editions(data).look()
    assert edition and edition.programme == programme


def test_words_of_the_centres_own_are_said_and_a_recording_of_others_is_not_used(
    data: DataFolder, short_wav: Path
) -> None:
    prompts = Prompts(data, {name: load_texts("en-GB")[name] for name in ("welcome", "question")}, VoiceSettings())
    before, spoken = prompts.fingerprint(), prompts.find("welcome")
    keep(data, "welcome", prompts.texts["welcome"], sound_in(short_wav.read_bytes()))
    write_programme(data, Programme(prompts={"welcome": "Good to see you."}))
    editions = Editions(data, prompts.fixed)
    edition = editions.look()
    assert edition and edition.outdated == ("welcome",)
    prompts.prepare(edition)
    prompts.take_up(edition)
    assert prompts.texts["welcome"] == "Good to see you." and prompts.find("welcome") != spoken
    assert prompts.fingerprint() != before
    keep(data, "welcome", "Good to see you.", sound_in(short_wav.read_bytes()))
    edition = editions.look()
    assert edition and "welcome" in edition.recordings and edition.outdated == ()
    write_programme(data, Programme())
    edition = editions.look()
    assert edition and edition.outdated == ("welcome",)
    prompts.take_up(edition)
    assert prompts.find("welcome") == spoken


def test_a_recording_of_just_the_words_of_a_question_says_it(data: DataFolder, short_wav: Path) -> None:
    write_programme(data, BUS)
    keep(data, "said-1", "How is the bus?", sound_in(short_wav.read_bytes()))
    edition = Editions(data).look()
    assert edition
    bus, food = edition.programme.questions
    assert edition.recording_of(bus) is edition.recordings["said-1"] and edition.recording_of(food) is None


class TestKinds:
    def test_a_programme_of_before_asks_people_to_tell(self) -> None:
        (question,) = parse_programme(b'{"questions": [{"text": "How is the bus?"}]}').questions
        assert (question.kind, question.choices) == ("tell", ())

    @pytest.mark.parametrize(
        ("question", "reason"),
        [
            ({"kind": "shout"}, "one-word"),
            ({"kind": "choose-one"}, "it must offer 2 to 4 answers"),
            ({"kind": "choose-one", "choices": [{"text": "Yes"}]}, "it must offer 2 to 4 answers"),
            ({"kind": "choose-one", "choices": [{"text": "Yes"}, {"text": " yes "}]}, "the same answer twice"),
            ({"kind": "choose-one", "choices": [{"text": "Yes"}, {"text": ""}]}, "at least 1 character"),
            ({"kind": "choose-one", "choices": [{"text": f"{n}"} for n in range(5)]}, "at most 4 items"),
            ({"kind": "one-word", "choices": [{"text": "Yes"}, {"text": "No"}]}, "offers no answers"),
        ],
    )
    def test_one_that_cannot_be_asked_leaves_the_last_good_one_in_force(
        self, data: DataFolder, question: dict[str, object], reason: str
    ) -> None:
        write_programme(data, BUS)
        editions = Editions(data)
        editions.look()
        content = {"questions": [{"text": "How is the bus?", **question}]}
        (data.programme / FILE).write_text(json.dumps(content))
        edition = editions.look()
        assert edition and edition.programme == BUS
        (fault,) = edition.faults
        assert reason in fault.message
