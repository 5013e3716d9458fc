"""The theme's words in a site's language, from its gettext files (``locale/de.po``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sula.errors import ConfigError

Catalogue = tuple[dict[str, tuple[str, ...]], str]
"""Each English message with its translations by plural form, and the rule of plurals."""

_PLURAL = re.compile(r"plural\s*=\s*([^;]+)")


def read_words(layers: Sequence[Path], language: str) -> Catalogue:
    """The words that a theme's folders, the uppermost first, have for a language.

    ``pt-BR`` is looked for as ``pt-BR.po``, then ``pt.po``. Raises `ConfigError` when a file
    cannot be read.
    """
    words: dict[str, tuple[str, ...]] = {}
    plural = ""
    for layer in reversed(layers):
        for name in (language, language.partition("-")[0]):
            path = layer / "locale" / f"{name}.po"
            if path.is_file():
                found, rule = _read(path)
                words, plural = words | found, rule or plural
                break
    return dict(sorted(words.items())), plural


def _read(path: Path) -> Catalogue:
    import polib  # noqa: PLC0415 - an English site needs none

    try:
        catalogue = polib.pofile(str(path), encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from None
    words = {}
    for entry in catalogue.translated_entries():
        forms = [entry.msgstr_plural[n] for n in sorted(entry.msgstr_plural)]
        words[entry.msgid] = tuple(forms) or (entry.msgstr,)
    rule = _PLURAL.search(catalogue.metadata.get("Plural-Forms", ""))
    return words, rule[1].strip() if rule else ""
