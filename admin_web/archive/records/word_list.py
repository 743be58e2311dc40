"""The words to hear first."""

from pydantic import AwareDatetime, Field

from admin_web.archive.records.kept import Kept


class WordList(Kept):
    """The words that move a story up among those that nobody has heard."""

    revision: int = 1
    words: tuple[str, ...] = Field(description="As people typed them: a line each, a star where a word may go on.")
    since: int = Field(default=0, description="The version of `word_list.toml` that it is; 0: the centre's own.")
    by: str = Field(default="", description="Id of the account that changed it; empty: Sayso brought it.")
    at: AwareDatetime
    looked_to: int | None = Field(
        default=0, description="Row of the story up to which all were looked through since; None: all were."
    )
