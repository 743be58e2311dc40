"""What makes a spoken sentence easy to follow for everybody; for our own prompts and for what people write.

After the Easy Read guidance of the UK's Department of Health ("Making written information easier to understand for
people with learning disabilities"): short sentences, one idea in each; and what it is for before what to do.
"""

import re

#: Longer, and the beginning is forgotten when the end comes.
MOST_WORDS = 15


def too_hard(text: str) -> list[str]:
    """Return what makes a text hard to follow, as sentences for whoever wrote it; empty if nothing does."""
    found = []
    count = len(text.split())
    if count > MOST_WORDS:
        found.append(f"It has {count} words; {MOST_WORDS} are enough.")
    for sentence in filter(None, re.split(r"[.?!]\s*", text)):
        if sentence.lower().startswith("press"):
            found.append(f"Say first what it is for, then what to press: '{sentence}'.")
        if len(re.findall(r"\bpress\b", sentence.lower())) > 1 or re.search(r"[;()]", sentence):
            found.append(f"Say one thing at a time: '{sentence}'.")
    return found
