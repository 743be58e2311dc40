import re
import subprocess
from pathlib import Path

import pytest

from kiosk.errors import UsageError
from models.catalogue import catalogue, language_name, spoken
from models.installed import MODEL_NAME
from tests.models.helpers import ROOT


def test_every_model_has_a_name_for_a_folder_and_a_language_with_a_name():
    names = [each.name for each in catalogue().models]
    assert len(names) == len(set(names)) > 30
    for each in catalogue().models:
        assert MODEL_NAME.fullmatch(each.name)
        assert re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", each.language)
        assert spoken(each.language) in catalogue().languages


def test_only_small_models_and_those_with_a_graph_of_two_parts_are_in_it():
    for each in catalogue().models:
        assert (each.kind == "small") == ("small" in each.name)
        assert (each.kind == "lgraph") == each.name.endswith("-lgraph")
        assert each.kind == "small" or each.look_ahead is True


def test_what_is_not_known_is_said_to_be_unknown_and_no_number_is_strange():
    for each in catalogue().models:
        assert each.errors == "unknown" or (each.errors and all(1 < rate.percent < 100 for rate in each.errors))
        assert each.zip_bytes == "unknown" or 30e6 < each.zip_bytes < 400e6
        # The publisher gives its figure for models of about 50 MB.
        assert each.memory_mb == "unknown" or (each.kind == "small" and each.zip_bytes < 62e6)


def test_the_published_figures_of_the_english_models_stand_as_published():
    quality = {each.name: each.quality for each in catalogue().models}
    assert quality["vosk-model-small-en-us-0.15"] == "9.85 % (LibriSpeech test-clean), 10.38 % (TED-LIUM)"
    assert quality["vosk-model-en-us-0.22-lgraph"] == "7.82 % (LibriSpeech), 8.2 % (TED-LIUM)"
    assert quality["vosk-model-small-en-gb-0.15"] == "unknown"


def test_languages_of_many_visitors_that_no_model_writes_have_a_name():
    written = {spoken(each.language) for each in catalogue().models}
    for code in ("bn", "pa", "ur", "ro", "cy", "so"):
        assert language_name(code) != code and code not in written


def test_a_name_spelt_wrong_gets_a_hint():
    with pytest.raises(UsageError, match=r"Did you mean vosk-model-small-en-us-0\.15"):
        catalogue().require("vosk-model-small-en-us-0.16")
    with pytest.raises(UsageError, match=r"sayso models list --all.*FILE\.zip"):
        catalogue().require("whisper")


def test_the_publishers_address_stands_in_one_place_and_is_https():
    assert catalogue().publisher.startswith("https://")
    host = catalogue().publisher.split("/")[2]
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    ours = [
        name for name in files if name.split("/")[0] in ("kiosk", "models", "admin_web", "deploy") or "/" not in name
    ]
    naming = [name for name in ours if Path(ROOT, name).is_file() and host.encode() in Path(ROOT, name).read_bytes()]
    assert naming == ["models/catalogue.toml"]
