"""What the log's codes mean, in words for people."""

from collections.abc import Callable

from admin_web.archive import LogEntry

#: Kind of deed -> what the log calls each -> how people say it.
_DEEDS: dict[str, dict[str, str]] = {
    "Listening and words": {
        "listened": "listened",
        "heard": "marked it as heard",
        "uploaded": "brought in a recording",
        "words saved": "put words right",
        "asked to write down again": "asked the computer to write down again",
        "stopped writing down again": "told the computer to stop writing down again",
        "written down again": "has finished writing down again",
        "words confirmed": "said that the words are right",
        "tagged": "tagged",
        "words taken out": "took words out",
        "tone moved": "moved the tone over words that were taken out",
        "words brought back": "brought words back that were taken out",
    },
    "Permissions": {"permission changed": "changed what may be done with it"},
    "Quotes": {
        "quote proposed": "proposed a quote",
        "quote approved": "approved a quote",
        "quote withdrawn": "withdrew a quote",
        "quote answered": "answered the group about a quote",
    },
    "Safety": {
        "flag raised": "raised a worry about safety",
        "flag noted": "wrote down what was done about a worry",
        "flag closed": "closed a worry about safety",
        "story hidden": "changed from whom it is hidden",
        "word list changed": "changed the words to hear first",
    },
    "Taken back and deleted": {
        "asked back": "took it back for its teller",
        "put back": "put it back",
        "withdrawn": "took it back while a worry is open",
        "deleted": "deleted it for good",
        "recording deleted": "deleted the recording",
        "date confirmed": "confirmed the date",
    },
    "Topics": {
        "topic added": "added a topic",
        "topic changed": "changed a topic",
        "topic moved": "moved a topic",
        "topic switched off": "switched a topic off",
        "topic switched on": "switched a topic on",
        "topic merged": "joined a topic with another",
        "topic parted": "took joined topics apart",
    },
    "The station": {
        "programme changed": "changed what the station asks",
        "voice used": "let a recording say a sentence",
        "voice taken away": "deleted the recording of a sentence",
        "microphone tested": "tested the microphone",
    },
    "Exports": {
        "exported": "handed out quotes of it",
        "quotes exported": "handed out quotes",
        "recording downloaded": "downloaded the recording",
        "log exported": "exported the log",
        "stories exported": "exported stories",
    },
    "People": {
        "account made": "made an account",
        "link made": "made a new link",
        "password chosen": "chose a password",
        "password changed": "changed the password",
        "name changed": "changed the name",
        "role changed": "changed the role",
        "disabled": "let somebody in no more, for a while",
        "enabled": "let somebody in again",
        "account ended": "removed an account",
    },
    "Signing in": {
        "signed in": "signed in",
        "sign-in failed": "typed a wrong name or password",
        "signed out": "signed out",
        "signed out everywhere": "signed out everywhere",
    },
}
_WORDS = {what: words for deeds in _DEEDS.values() for what, words in deeds.items()}
#: Kind of deed -> the log's own words for all of that kind.
KINDS: dict[str, tuple[str, ...]] = {kind: tuple(deeds) for kind, deeds in _DEEDS.items()}

#: What the log calls a detail -> how people say it.
_DETAILS = {
    "account": "{}",
    "role": "as {}",
    "before": "was {}",
    "now": "is {}",
    "address": "from {}",
    "flag": "worry {}",
    "revision": "version {}",
    "words": "{} words",
    "tags": "{} tags",
    "date": "{}",
    "questions": "{} questions of our own",
    "prompt": "{}",
    "tag": "“{}”",
    "into": "“{}”",
    "lines": "{} lines",
    "model": "with the speech model {}",
    "stories": "{} stories",
}

#: Details that are the id of a topic.
_NAMED = ("tag", "into")

_WHY = {
    "withdrawn": "its teller took it back",
    "not agreed": "nobody agreed to keep it",
    "kept long enough": "it was kept long enough",
    "staff": "staff decided so",
}


def in_words(line: LogEntry) -> str:
    """Return what was done; what this Sayso has no words for, as it stands."""
    return _WORDS.get(line.what, line.what)


def details_of(line: LogEntry, name_of: Callable[[str], str]) -> str:
    """Return the rest of a line in a few words; `name_of` tells whose account an id is, or which topic."""
    details = {name: name_of(str(value)) if name in _NAMED else value for name, value in line.details.items()}
    if line.what == "permission changed":
        told = [f"{name}: {'yes' if details.get(name) else 'no'}" for name in ("words", "voice")]
        return ", ".join([*told, *(["not sure they understood"] if details.get("unsure") else [])])
    if line.what == "story hidden":
        people = [name_of(each) for each in str(details.get("accounts", "")).split()]
        return ", ".join([*(["all staff"] if details.get("staff") else []), *people]) or "from nobody"
    if "why" in details:
        return _WHY.get(str(details["why"]), str(details["why"]))
    if "account" in details:
        details["account"] = name_of(str(details["account"])) if details["account"] else "a name that nobody has"
        if line.details["account"] == line.who:
            del details["account"]
    return ", ".join(_DETAILS.get(name, f"{name} {{}}").format(value) for name, value in details.items())
