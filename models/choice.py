"""Which model writes down which language.

What the settings name goes first. Where they say "auto" it is what was chosen with `sayso models use`
(`<data>/models/in-use.json`), and before anybody has chosen, the starter model for English and nothing for others.
"""

from pathlib import Path

from kiosk.config import Config
from kiosk.errors import ModelError
from kiosk.stories.folder import DataFolder
from models.catalogue import language_name, spoken
from models.installed import MODEL_NAME, InstalledModels
from models.model_files import AUTO, STARTER, model_folder

#: In the settings: nobody writes this language down but people. Also the `model` of a transcript that says so.
NONE = "none"
_STARTER_LANGUAGE = "en"


class Choice:
    """The models of one station.

    Attributes:
        language: The station's own language.
    """

    def __init__(self, folder: DataFolder, config: Config, model: str | None = None) -> None:
        """Read what was chosen.

        Args:
            folder: The data folder, which need not exist.
            config: The settings.
            model: Stands for the settings' model of the station's language.
        """
        self.language = config.station.language
        self._installed = InstalledModels(folder)
        settings = config.transcriber
        self._named = {self.language: settings.model} | settings.models | ({self.language: model} if model else {})
        self._chosen: dict[str, str] = {}
        self._unreadable: ModelError | None = None
        #: Language -> its model; emptied when somebody chooses anew.
        self._models: dict[str, Path | None] = {}
        self._seen: object = None
        self.look()

    def look(self) -> bool:
        """Notice that somebody has chosen anew, and return whether anything has changed; costs microseconds."""
        seen = self._state()
        if seen == self._seen:
            return False
        self._seen = seen
        self._models.clear()
        before = self._chosen, self._unreadable
        try:
            self._chosen, self._unreadable = self._installed.in_use(), None
        except ModelError as error:
            self._unreadable = error
        return (self._chosen, self._unreadable) != before

    def model(self, language: str) -> Path | None:
        """Return the folder of the model that writes down a language, which may be missing; None: people type.

        Where `in-use.json` decides and cannot be read, it is that file; `check` says why.
        """
        if language not in self._models:
            self._models[language] = self._decide(language)
        return self._models[language]

    def require(self, language: str) -> Path:
        """Return the folder of the model that writes down a language.

        Raises:
            ModelError: People type it, or what was chosen cannot be read.
        """
        model = self.model(language)
        if model is None:
            raise ModelError(
                f"No speech model is chosen for {language_name(language)}. 'sayso models list' shows what there is; "
                "--model DIR takes one for this time."
            )
        self.check(model)
        return model

    def check(self, model: Path) -> None:
        """Make sure that a model is one that was chosen.

        Raises:
            ModelError: What was chosen cannot be read.
        """
        if self._unreadable and model == self._installed.in_use_path:
            raise self._unreadable

    def named_in_settings(self, language: str) -> str | None:
        """Return the model that the settings name for a language, which goes first; None: they name none."""
        name = self._named_for(language)
        return None if name == AUTO else name

    def uses(self, name: str) -> list[str]:
        """Return the languages that an installed model writes down, as far as anybody has said.

        Raises:
            ModelError: What was chosen cannot be read.
        """
        if self._unreadable:
            raise self._unreadable
        languages, folder = (*self._named, *self._chosen, _STARTER_LANGUAGE), self._installed.folder(name)
        return sorted({spoken(language) for language in languages if self.model(language) == folder})

    def _decide(self, language: str) -> Path | None:
        name = self._named_for(language)
        if name == AUTO and self._unreadable:
            return self._installed.in_use_path
        if name == AUTO:
            name = self._chosen.get(spoken(language), STARTER if spoken(language) == _STARTER_LANGUAGE else NONE)
        return None if name == NONE else self._folder_of(name)

    def _named_for(self, language: str) -> str:
        """Look for the language itself, then without its country, then the station's own; "pl" takes any country's."""
        wanted = [language, spoken(language)]
        if spoken(self.language) == spoken(language):
            wanted.append(self.language)
        elif language == spoken(language):
            wanted += [each for each in self._named if spoken(each) == language]
        named = (self._named.get(each, AUTO) for each in wanted)
        return next((name for name in named if name != AUTO), AUTO)

    def _folder_of(self, name: str) -> Path:
        installed = self._installed.folder(name)
        # A plain name is an installed model, unless a folder of that name is where the person stands.
        plain = MODEL_NAME.fullmatch(name) and (installed.exists() or not Path(name).exists())
        return installed if plain else model_folder(name)

    def _state(self) -> object:
        try:
            stat = self._installed.in_use_path.stat()
        except OSError:
            return ()
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def by_hand(language: str) -> str:
    """Return the sentence that stands where the words of a story would, for staff."""
    language = language_name(language)
    return f"This station has no speech model that writes down {language}. Please listen, and type the words."
