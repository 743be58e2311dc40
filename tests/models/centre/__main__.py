"""`python -m tests.models.centre [MODEL]`: what adapting a model to a centre gains on stories it has not seen.

The centre and its forty stories are made up and fixed (`stories.txt`); espeak-ng tells them. Each fifth is heard by a
model that was adapted to the other four.
"""

import sys
import tempfile
from pathlib import Path

from models.adapting.adapter import Adapter, copy_with
from models.measuring.hearing import hear_all
from models.measuring.references import Reference
from models.measuring.scores import Heard
from models.measuring.sheet import table
from models.model_files import model_folder
from tests.models.centre import speak, stories

PARTS = 5


def main() -> None:
    model = model_folder(sys.argv[1] if len(sys.argv) > 1 else "starter")
    told = stories()
    adapter = Adapter(model)
    weighed = adapter.weigh([each.split() for each in told])
    print(
        f"{len(told)} stories, {weighed.words} words that the model knows. Perplexity on stories put aside: "
        f"{weighed.before:.0f} before, {weighed.after:.0f} after with a weight of {weighed.weight}; "
        f"gain {weighed.gain[0]:.2f} to {weighed.gain[1]:.2f} (95 %, natural logarithm).\n"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        references = []
        for number, text in enumerate(told):
            speak(text, folder / f"{number}.wav")
            references.append(Reference(f"{number}", folder / f"{number}.wav", tuple(text.split())))
        before = hear_all(model, references)
        after: list[Heard] = []
        for part in range(PARTS):
            learned = [each.words for index, each in enumerate(references) if index % PARTS != part]
            adapted = folder / f"adapted{part}"
            copy_with(model, adapted, adapter.mixed(learned, weighed.weight))
            after += hear_all(adapted, references[part::PARTS])
    after.sort(key=lambda each: int(each.name))
    print("\n".join(table({"before": before, "after": after})))


if __name__ == "__main__":
    main()
