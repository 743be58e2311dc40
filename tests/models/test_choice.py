"""Which model writes down which language: settings, then what was chosen, then the starter for English."""

import os

import pytest

from kiosk import config
from kiosk.errors import ModelError
from models.choice import Choice, by_hand
from models.installed import InstalledModels
from models.model_files import model_folder

STARTER = model_folder("starter")


@pytest.fixture
def choose(folder):
    """Make a choice with these settings."""

    def choose(model=None, *, station="en-GB", chosen=None, **transcriber):
        for language, name in (chosen or {}).items():
            InstalledModels(folder).use(language, name)
        settings = {"station": {"language": station}, "transcriber": transcriber}
        return Choice(folder, config.parse(settings, "settings"), model)

    return choose


def test_before_anybody_has_chosen_english_gets_the_starter_model_and_others_are_for_people(choose):
    choice = choose()
    assert [choice.model(language) for language in ("en-GB", "en-US", "en")] == [STARTER] * 3
    assert [choice.model(language) for language in ("cy", "pl", "gd")] == [None] * 3
    assert choose(station="cy").model("cy") is None


def test_what_was_chosen_is_for_every_country_of_its_language(choose, folder):
    choice = choose(chosen={"en": "big", "pl": "small-pl"})
    assert choice.model("en-GB") == choice.model("en") == folder.models / "big"
    assert choice.model("pl-PL") == folder.models / "small-pl"
    assert choice.model("cy") is None


def test_what_the_settings_name_goes_first(choose, folder, tmp_path):
    choice = choose(chosen={"en": "chosen", "pl": "chosen"}, model=None, models={"pl": "none", "cy": str(tmp_path)})
    assert choice.model("en-GB") == folder.models / "chosen"
    assert choice.model("pl") is None
    assert choice.model("cy-GB") == tmp_path


def test_the_model_in_the_settings_is_for_the_stations_language_alone(folder):
    settings = {"station": {"language": "pl"}, "transcriber": {"model": "mine"}}
    choice = Choice(folder, config.parse(settings, "settings"))
    assert choice.model("pl-PL") == folder.models / "mine"
    assert choice.model("en-GB") == STARTER
    settings["transcriber"]["model"] = "none"
    assert Choice(folder, config.parse(settings, "settings")).model("pl") is None


def test_a_country_of_its_own_goes_before_the_language(choose, folder):
    choice = choose(models={"en-IN": "indian", "en": "british"})
    assert choice.model("en-IN") == folder.models / "indian"
    assert choice.model("en-GB") == choice.model("en-US") == folder.models / "british"
    choice = choose(models={"en-IN": "indian", "pl-PL": "polish"})
    assert [choice.model(each) for each in ("en-GB", "en-US", "en")] == [STARTER] * 3
    assert choice.model("pl") == choice.model("pl-PL") == folder.models / "polish"


def test_the_option_of_the_command_goes_before_everything(choose, tmp_path):
    choice = choose(str(tmp_path), chosen={"en": "chosen"}, models={"en-GB": "settings", "pl": "other"})
    assert choice.model("en-GB") == tmp_path
    assert choice.model("pl").name == "other"


def test_a_plain_name_is_an_installed_model_unless_only_a_folder_is_called_so(choose, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beside").mkdir()
    assert choose("beside").model("en") == tmp_path / "beside"
    (folder.models / "beside").mkdir()
    assert choose("beside").model("en") == folder.models / "beside"
    assert choose("./beside").model("en") == tmp_path / "beside"
    assert choose("nowhere").model("en") == folder.models / "nowhere"


def test_a_new_choice_is_noticed_and_an_old_one_costs_a_look(choose, folder):
    choice = choose()
    assert not choice.look()
    InstalledModels(folder).use("en", "new")
    assert choice.look() and choice.model("en") == folder.models / "new"
    InstalledModels(folder).use("en", "new")
    assert not choice.look()
    InstalledModels(folder).in_use_path.unlink()
    assert choice.look() and choice.model("en") == STARTER


@pytest.mark.parametrize("content", [b"", b"{", b'{"models": ["en"]}', b'{"version": 2, "models": {}}', b"\xff", b"[]"])
def test_a_garbled_choice_is_never_taken_for_none(choose, folder, content):
    choice = choose(chosen={"en": "chosen"}, models={"pl": "settings"})
    path = InstalledModels(folder).in_use_path
    path.write_bytes(content)
    assert choice.look()
    assert choice.model("en-GB") == choice.model("cy") == path
    assert choice.model("pl") == folder.models / "settings"
    with pytest.raises(ModelError, match=r"in-use\.json cannot be read.*sayso models use NAME"):
        choice.require("en-GB")
    with pytest.raises(ModelError, match="cannot be read"):
        choice.uses("chosen")
    choice.check(choice.model("pl"))
    InstalledModels(folder).use("en", "again")
    assert choice.look() and choice.model("en") == folder.models / "again"


def test_a_choice_survives_a_disk_that_takes_nothing(folder, monkeypatch):
    models = InstalledModels(folder)
    models.use("en", "one")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        models.use("en", "two")
    assert models.in_use() == {"en": "one"}
    assert os.listdir(models.root) == ["in-use.json"]


def test_it_knows_what_is_in_use(choose, folder):
    choice = choose(chosen={"en": "mine", "pl": "mine"}, models={"de-DE": "other"})
    assert [choice.uses(name) for name in ("mine", "other", "none", "starter")] == [["en", "pl"], ["de"], [], []]
    assert choose(models={"pl": "none", "en": "x"}).uses("mine") == []
    assert choose(chosen={"en": "starter"}).uses("starter") == ["en"]


def test_what_nobody_writes_down_is_said_by_its_name(choose):
    assert "Welsh. Please listen, and type the words." in by_hand("cy-GB")
    assert "writes down gd." in by_hand("gd")
    with pytest.raises(ModelError, match=r"chosen for Welsh.*sayso models list"):
        choose().require("cy")
