"""What stories are about, and the topics that a centre has for that."""

from pydantic import Field

from admin_web.archive.records.kept import Kept


class About(Kept):
    """What people say that a story is about. Nothing here is ever set by a machine.

    All but `tags` and `strength` are ids in `tags.toml`; empty: nobody has said it yet.
    """

    tags: tuple[str, ...] = Field(default=(), description="Ids of its topics.")
    feeling: str = ""
    kind: str = ""
    speaker: str = Field(default="", description="Who told it.")
    view: str = Field(default="", description="Whose view it is.")
    strength: str = Field(default="", description="What it shows somebody to be good at, or what works well here.")


class Merged(Kept):
    """A topic that a story had, and has as another one since the two were merged."""

    tag: str
    into: str = Field(description="The other one. The same as `tag`: the story had that one as well.")


class Tag(Kept):
    """A topic that people put on stories."""

    id: str = Field(description="Stories refer to it, whatever it is called.")
    revision: int = 1
    words: str
    picture: str = Field(description="Name of a drawing.")
    place: int = Field(description="Topics are offered in this order.")
    off: bool = Field(default=False, description="It is offered no more; stories that have it keep it.")
    merged_into: str = Field(default="", description="Id of the topic that it became: no story has it.")
    since: int = Field(default=0, description="The version of `tags.toml` that brought it; 0: the centre's own.")

    @property
    def is_offered(self) -> bool:
        """Whether people can choose it."""
        return not self.off and not self.merged_into
