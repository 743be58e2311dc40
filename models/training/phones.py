"""The sounds of the model and their numbers, the same for the network, the graph and Kaldi's files.

Sounds are those of the CMU dictionary plus a weak vowel (AX) and the British vowel of "lot" (OH). SIL is silence, SPN
(spoken noise) is any word that is not in the vocabulary.

Kaldi wants a sound numbered by its place in the word (begin, end, internal, singleton), so that the decoder knows where
words begin. All places share the outputs of the network: two for each sound, one for its first frame and one for the
others (the "chain" topology of Kaldi's `chain` models: one state, passed in one frame or more).
"""

SIL, SPN = "SIL", "SPN"
_CONSONANTS = "P B T D K G CH JH F V TH DH S Z SH ZH HH M N NG L R W Y"
_VOWELS = "IY IH EH AE AA AO AH AX OH UH UW ER EY AY OW AW OY"
#: What words are made of.
SOUNDS = [*_CONSONANTS.split(), *_VOWELS.split()]
#: Index of a sound in the network's outputs.
INDEX = {sound: index for index, sound in enumerate([SIL, SPN, *SOUNDS])}
#: Outputs of the network ("pdfs" in Kaldi): first frame of sound i is 2 i, its other frames are 2 i + 1.
OUTPUTS = 2 * len(INDEX)

_PLACES = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}
#: Kaldi's phones; phone i has number i + 1.
PHONES = [SIL, f"{SPN}_S", *(f"{sound}_{place}" for sound in SOUNDS for place in _PLACES)]
PHONE_ID = {phone: number for number, phone in enumerate(PHONES, start=1)}
#: Kaldi's transition-ids: each phone has one that stays in it and one that enters it ("forward" in the topology).
TRANSITIONS = 2 * len(PHONES)


def sound_of(phone: str) -> str:
    """Return the sound of a phone: `AE_B` is an `AE`."""
    return phone.split("_")[0]


def place_of(phone: str) -> str:
    """Return a phone's kind in Kaldi's word_boundary.int."""
    return _PLACES[phone.split("_")[1]] if "_" in phone else "nonword"


def enter(phone_id: int) -> int:
    """Return the transition-id that enters a phone (its first frame)."""
    return 2 * phone_id


def stay(phone_id: int) -> int:
    """Return the transition-id of a phone's other frames."""
    return 2 * phone_id - 1


def phones_of(sounds: tuple[str, ...]) -> tuple[int, ...]:
    """Return the phone numbers of a word, given its sounds."""
    if len(sounds) == 1:
        return (PHONE_ID[f"{sounds[0]}_S"],)
    places = ["B", *"I" * (len(sounds) - 2), "E"]
    return tuple(PHONE_ID[f"{sound}_{place}"] for sound, place in zip(sounds, places, strict=True))
