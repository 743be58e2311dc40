"""Languages that people may choose, by the names that they know them by."""

from collections.abc import Iterable

#: One that is none of the others: the code for a language that is not said (ISO 639-2).
ANOTHER = "und"
#: Languages in the United Kingdom that many people speak.
LANGUAGES = {
    "en-GB": "English",
    "ar": "Arabic",
    "bn": "Bengali",
    "zh": "Chinese",
    "gu": "Gujarati",
    "pl": "Polish",
    "pt": "Portuguese",
    "pa": "Punjabi",
    "ro": "Romanian",
    "gd": "Scottish Gaelic",
    "so": "Somali",
    "es": "Spanish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "cy": "Welsh",
    ANOTHER: "Another language",
}


def languages(first: str, more: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return code and name of the languages to choose from: `first`, the others by their names, at last another one."""
    known = LANGUAGES | {each: LANGUAGES.get(each, each) for each in (first, *more)}
    return sorted(known.items(), key=lambda each: (each[0] != first, each[0] == ANOTHER, each[1]))
