"""How a station holds its conversations: what the settings and its questions ask for."""

from collections.abc import Iterable
from dataclasses import dataclass

from kiosk.config import Config
from kiosk.rows import Table
from kiosk.stories.programme import Kind, Question
from kiosk.table import Profile, table


@dataclass(frozen=True)
class Asks:
    """What a question asks for.

    Attributes:
        kind: How it is answered.
        answers: How many it offers to choose from.
    """

    kind: Kind = "tell"
    answers: int = 0


def asks_of(questions: Iterable[Question]) -> tuple[Asks, ...]:
    """Return what questions of a programme ask for."""
    return tuple(Asks(each.kind, len(each.choices)) for each in questions)


@dataclass(frozen=True)
class Rules:
    """How a station holds its conversations; times in seconds.

    Attributes:
        answer_wait_s: How long to wait for a press, each time that somebody is asked.
        offer_wait_s: With one switch: how long each choice stays offered.
        carry_on_after_s: After this the visitor is asked whether to carry on.
        longest_story_s: Telling ends by itself after this.
        profile: Which table is followed.
        one_switch: Choices are offered one by one, and any button takes the one that is offered.
        asks: The questions: one, or several to choose from.
        spoken: A yes to a permission is also said aloud.
    """

    answer_wait_s: float = 20
    offer_wait_s: float = 5
    carry_on_after_s: float = 300
    longest_story_s: float = 900
    profile: Profile = "full"
    one_switch: bool = False
    asks: tuple[Asks, ...] = (Asks(),)
    spoken: bool = False

    @property
    def questions(self) -> int:
        """How many questions there are to choose from."""
        return len(self.asks)

    @property
    def table(self) -> Table:
        """The rows to follow."""
        kinds = any(each.kind != "tell" for each in self.asks)
        return table(self.profile, several=self.questions > 1, spoken=self.spoken, kinds=kinds)


def rules_of(config: Config) -> Rules:
    """Return the rules that the settings ask for, with one question."""
    settings = config.conversation
    return Rules(
        answer_wait_s=settings.answer_wait_s,
        offer_wait_s=settings.offer_wait_s,
        carry_on_after_s=settings.carry_on_after_s,
        longest_story_s=settings.longest_story_s,
        profile=settings.profile,
        one_switch=config.panel.switches == "one",
        spoken=settings.consent == "spoken",
    )
