"""Settings of the kiosk: what a visitor meets."""

from typing import Literal

from pydantic import Field, model_validator

from kiosk.config.section import Language, Pin, Section


class StationSettings(Section):
    """Which station this is."""

    name: str = Field(
        "station",
        pattern=r"^[a-z0-9][a-z0-9-]{0,30}$",
        description="The station's own name (small letters, digits, hyphens), part of every story's id. "
        "Give each station of a centre another one.",
    )
    language: Language = Field("en-GB", description="The language that visitors speak, as en-GB.")
    person_to_ask: str = Field(
        "a person who works here",
        min_length=1,
        max_length=40,
        description="Whom visitors may ask, as the station says it: a role that is always there.",
    )
    first_card: int = Field(
        1,
        ge=1,
        le=99999,
        description="The lowest story number that this station gives; each station of a centre needs its own.",
    )
    last_card: int = Field(
        500,
        ge=1,
        le=99999,
        description="The highest; while all of them are in use it goes on above. 'sayso cards' prints the cards.",
    )

    @model_validator(mode="after")
    def _some_cards(self) -> "StationSettings":
        if self.last_card < self.first_card:
            raise ValueError(f"last_card is {self.last_card}; it must not be below first_card, {self.first_card}")
        return self


class PanelSettings(Section):
    """Buttons and lights."""

    kind: Literal["auto", "gpio", "simulated"] = Field(
        "auto",
        description="gpio: real pins. simulated: 'sayso press' presses them. auto: gpio on a Pi, else simulated.",
    )
    green_button_pin: Pin = Field(
        17, description="BCM pin of the green button (talk, yes, next); the other side to ground."
    )
    red_button_pin: Pin = Field(27, description="BCM pin of the red button (stop, no); the other side to ground.")
    green_light_pin: Pin = Field(22, description="BCM pin of the green button's light.")
    red_light_pin: Pin = Field(23, description="BCM pin of the red button's light.")
    blue_button_pin: int = Field(
        0, ge=0, le=27, description="BCM pin of the blue button (what has changed?). 0: there is none."
    )
    switches: Literal["two", "one"] = Field(
        "two",
        description="two: green and red. one: a single switch (or any button); each choice is offered in turn.",
    )
    page_presses: Literal["auto", "always"] = Field(
        "auto",
        description="Whether the station screen's page, and 'sayso press', may press. auto: where the buttons are "
        "simulated. always: beside real ones too, as on a touch display.",
    )
    hold_s: float = Field(
        0,
        ge=0,
        le=2,
        description="A press counts once the button was held down so long: for hands that touch buttons unasked. "
        "0: at once.",
    )
    bounce_s: float = Field(
        0.03,
        ge=0,
        le=0.2,
        description="A contact that opens and closes again within this time is still the same press.",
    )
    repeat_ignored_s: float = Field(
        1.0,
        ge=0,
        le=5,
        description="A further press of the same button within this time is a tremor, not a second wish.",
    )

    @model_validator(mode="after")
    def _one_wire_each(self) -> "PanelSettings":
        pins = {name: getattr(self, name) for name in type(self).model_fields if name.endswith("_pin")}
        pins = {name: pin for name, pin in pins.items() if pin}
        for name, pin in pins.items():
            others = [other for other in pins if other != name and pins[other] == pin]
            if others:
                raise ValueError(f"{name} and {others[0]} are both {pin}; give each button and light a pin of its own")
        return self


class MicrophoneSettings(Section):
    """Where the sound comes from."""

    kind: Literal["auto", "portaudio", "sample"] = Field(
        "auto",
        description="portaudio: a real microphone. sample: a made-up voice tells a sample story. "
        "auto: a real one where there is one; a sample where there is none and the buttons are simulated too.",
    )
    name: str = Field(
        "", description="Part of the microphone's name as 'sayso devices' shows it. Empty: the system's default."
    )
    lost_after_s: float = Field(
        1.5, ge=0.5, le=10, description="No sound for this long while recording means that the microphone is lost."
    )
    post_roll_s: float = Field(
        0.15,
        ge=0,
        le=2,
        description="How long it goes on after the press that ends a story: the last word may still be on the lips.",
    )


class SpeakerSettings(Section):
    """Where the voice of the station comes out."""

    kind: Literal["auto", "portaudio", "none"] = Field(
        "auto",
        description="portaudio: a real speaker. none: the station shows lights only. "
        "auto: a real one where there is one.",
    )
    name: str = Field(
        "", description="Part of the speaker's name as 'sayso devices' shows it. Empty: the system's default."
    )
    wake_s: float = Field(
        0.4,
        ge=0,
        le=3,
        description="Silence played before the first words, so that a speaker that sleeps (Bluetooth, HDMI) "
        "does not swallow them.",
    )


class VoiceSettings(Section):
    """How the station speaks."""

    name: str = Field(
        "en-gb", pattern=r"^[a-zA-Z0-9+_-]{2,40}$", description="A voice of espeak-ng; 'espeak-ng --voices' lists them."
    )
    words_per_minute: int = Field(130, ge=80, le=300, description="How fast it speaks. 130 is slow and clear.")


class ConversationSettings(Section):
    """How the station talks with a visitor, and how long it waits."""

    profile: Literal["full", "short"] = Field(
        "full",
        description="full: step by step. short: says everything before the tone at once, and does not offer to hear "
        "the story.",
    )
    consent: Literal["press", "spoken"] = Field(
        "press",
        description="press: a button says whether words and voice may be used. spoken: a yes is also said aloud, and "
        "kept with the story as a short recording.",
    )
    answer_wait_s: float = Field(
        20,
        ge=3,
        le=120,
        description="How long it waits for a press before it says the same again, and again before it moves on.",
    )
    offer_wait_s: float = Field(
        5, ge=1, le=60, description="With one switch: how long each choice stays offered after it was said."
    )
    finished_after_s: float = Field(
        60, ge=5, le=900, description="So much silence, and the visitor is asked whether they have finished."
    )
    carry_on_after_s: float = Field(
        300, ge=10, le=3600, description="After so long the visitor is asked whether to carry on."
    )
    shortest_story_s: float = Field(
        2, ge=0, le=10, description="Less than this, or no speech at all, and the visitor is asked to try again."
    )
    longest_story_s: float = Field(
        900, ge=10, le=3600, description="The longest story. The disk must have room for one, or none is begun."
    )


class DiskSettings(Section):
    """Room on the disk."""

    reserve_mb: float = Field(
        100,
        ge=1,
        le=1_000_000,
        description="Room that stays free beside the longest story, for the archive and the system.",
    )
