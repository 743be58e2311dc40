"""Collects what a visitor answers, with the proof of what was asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from kiosk.flow import Action
from kiosk.saver import Answers
from kiosk.stories.records import ClockQuality, Given, Permissions, Proof

#: Action -> which question it answers, whether with yes, and how.
_MEANING: dict[Action, tuple[str, bool, Literal["press", "no answer"]]] = {
    Action.AGREE: ("keep", True, "press"),
    Action.WORDS_YES: ("words", True, "press"),
    Action.WORDS_NO: ("words", False, "press"),
    Action.WORDS_UNANSWERED: ("words", False, "no answer"),
    Action.VOICE_YES: ("voice", True, "press"),
    Action.VOICE_NO: ("voice", False, "press"),
    Action.VOICE_UNANSWERED: ("voice", False, "no answer"),
}


@dataclass
class AnswerBook:
    """The answers to one story, as far as they have been given."""

    _given: dict[str, Given] = field(default_factory=dict)

    def write(self, action: Action) -> None:
        """Write down an answer."""
        question, yes, how = _MEANING[action]
        self._given[question] = Given(yes=yes, how=how, at=datetime.now(UTC).astimezone())

    def answers(self, fingerprint: str, said: Sequence[str], clock_quality: ClockQuality) -> Answers | None:
        """Return everything so far; None while the visitor has not pressed to keep the story.

        Args:
            fingerprint: Hash of all prompts (`Prompts.fingerprint`).
            said: Names of the prompts that were heard.
            clock_quality: How well the time is known.
        """
        if "keep" not in self._given:
            return None
        words, voice = self._given.get("words"), self._given.get("voice")
        permissions = Permissions(words=words and words.yes, voice=voice and voice.yes)
        proof = Proof(prompts_sha256=fingerprint, heard=tuple(said), clock_quality=clock_quality, **self._given)
        return Answers(permissions, proof)
