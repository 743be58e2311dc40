"""Prints the settings as a file to start from."""

import json
from typing import Any

from pydantic.fields import FieldInfo

from kiosk.config.settings import Config, section_of


def as_toml() -> str:
    """Return every setting with its meaning, limits and default, as a settings file to start from."""
    lines = ["# Settings of a Sayso station. Each line shows the default; take the '#' away to change one.", ""]
    for section_name in Config.model_fields:
        section = section_of(section_name)
        lines += [f"# {section.__doc__}", f"[{section_name}]"]
        for name, setting in section.model_fields.items():
            limits = _limits(setting)
            lines.append(f"# {setting.description}{f' ({limits})' if limits else ''}")
            value = setting.default
            # JSON's texts and lists of texts are TOML's as well.
            shown = json.dumps(value, ensure_ascii=False) if isinstance(value, str | list) else value
            lines.append(f"# {name} = {shown}")
        lines.append("")
    return "\n".join(lines)


def _limits(setting: FieldInfo) -> str:
    bounds: dict[str, Any] = {}
    for rule in setting.metadata:
        bounds |= {key: limit for key in ("gt", "ge", "le") if (limit := getattr(rule, key, None)) is not None}
    if not bounds:
        return ""
    low = f"{bounds['ge']}" if "ge" in bounds else f"more than {bounds['gt']}"
    return f"{low} to {bounds['le']}"
