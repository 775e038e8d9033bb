"""Names of files that hold licences: COPYING, LICENSE-MIT, ThirdPartyNotices.txt, everything below LICENSES.

Leaving a licence out may break it, and a file too many costs a line of settings: what is doubtful counts as one. What
is merely called so doesn't: source code (``license.js``, ``copyright.h``), tables for programs (``license.json``,
``oemlicense.def``), keys (``license.key``), signatures, pages about SPDX identifiers. Licences come as HTML, PDF and
RTF, too, and Debian packages have them compressed.

Measured on 105 wheels and other archives with 114,000 files, node, npm's modules, cmake and zig among them: of 165
files that wheels have in ``.dist-info/licenses`` it knows all but a README.txt, and of 298 that it took for licences
one was none, a template (``CPack.GenericLicense.txt``).
"""

from __future__ import annotations

import re
from typing import Final

_SOURCES: Final = (
    "1 3 7 a asm bat c cc cjs class cmake cmd cpp cs css cxx def dll dylib el erb exe f f90 go h hh hpp hs hxx in inc "
    "ipynb ipp j2 jar java jinja js jsm jsx kt lisp lua m m4 map mjs ml mm mo mustache o obj php pl pm po pot ps1 psm1 "
    "py pyc pyd pyi pyx qm r rb rs s scala scm scss sh so svelte swift tcl template tmpl ts tsx vb vim vue wasm zig"
)
"""Suffixes of source code, what is made from it, and what documents it. Not of libraries: COPYING.LIB is the LGPL."""

_TABLES: Final = (
    "asc bin bmp cer cfg conf crt csv dat db der gif ico ini json jpeg jpg key lic lock md5 p7s pem plist png pom sha1 "
    "sha256 sha512 sig sqlite svg toml tsv webp xml xsd xsl yaml yml"
)
"""Suffixes of tables for programs, keys, signatures, checksums and pictures."""

_TEXTS: Final = "adoc asciidoc doc docx htm html markdown md odt pdf rst rtf tex text txt"
_NO_LICENCE: Final = frozenset(f"{_SOURCES} {_TABLES}".split())
_DOCUMENTS: Final = frozenset(_TEXTS.split())

_BORDER: Final = re.compile("(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
"""What separates the words of a name: ThirdPartyNotices, THIRD-PARTY_NOTICES."""

_LICENCE: Final = re.compile(
    r"(?:un)?licen[cs]es?\d*|licen[cs]ing|copying(?:v?\d+)?|copyrights?|copyleft|notices?|eula"
)
_FIRST: Final = re.compile(rf"(?:{_LICENCE.pattern}|patents?|legal(?:notices?)?|(?:third|3rd)part(?:y|ies).*)")
"""What makes a licence of a name that begins with it: LICENSE-APACHE-LLVM, COPYING.LESSER, third-party-programs.txt."""

_GLUED: Final = re.compile(r".*(?:licen[cs]es?|notices|eula)")
"""What makes one of a text whose name ends so, with nothing before that: oemlicense.txt."""

_KNOWN: Final = re.compile(
    r"(?:[al]?gpl|gfdl|fdl|mpl|epl|cpl|cddl|eupl|apache|bsd|mit|psf|artistic|ofl|cc0|cc-by(?:-sa)?|bsl|ms-?pl)"
    r"(?:[-_. ]?v?\d+(?:[._]\d+)*)?(?:[-_](?:only|or-later|clause))?(?P<suffix>\.(?:txt|md|html?|pdf|rtf))?"
)
"""Names of licences that name the file, with their version: LGPL, GPL-3.0.txt, BSD-3-Clause.txt."""

_WHOLE: Final = (["author"], ["authors"], ["authors", "gz"])
"""The words of names that are taken for licences only where nothing else is in them."""

_FOLDER: Final = re.compile("licen[cs]e(?:[-_]files)?|legal|(?:.+[-_.]|thirdparty)?licen[cs]es")
"""Folders that hold nothing else: LICENSES (REUSE), .dist-info/licenses, a JDK's legal, bundled_licenses."""

_LITTER: Final = re.compile(r"\._.*|\.ds_store|\.git.*|thumbs\.db|desktop\.ini")
"""What systems and tools leave behind in folders."""

_MOST_WORDS: Final = 5
"""In a name of more words one about licences isn't what the file is, unless it comes first or last."""


def is_licence(name: str) -> bool:
    """Whether the path of a file looks like that of a licence. The case of letters hardly matters."""
    *folders, file = name.split("/")
    lowered = file.lower()
    if _LITTER.fullmatch(lowered):
        return False
    stem, dot, suffix = lowered.rpartition(".")
    if stem and suffix in _NO_LICENCE and not _numbered(stem, suffix):
        return False
    if any(_FOLDER.fullmatch(folder.lower()) for folder in folders):
        return True
    text = bool(dot) and suffix in _DOCUMENTS
    words = [word.lower() for word in _BORDER.split(file) if word]
    return _named(words[:-1] if text else words, file=file, text=text)


def _numbered(stem: str, suffix: str) -> bool:
    """Whether a suffix such as 1 is the end of a version, as in LGPL-2.1, and not the section of a manual."""
    return suffix.isdecimal() and stem[-1:].isdecimal()


def _named(words: list[str], *, file: str, text: bool) -> bool:
    """Whether a name of these words, its suffix aside if it is that of a `text`, is one for licences."""
    if not words or "spdx" in words:
        return False
    if _FIRST.fullmatch(words[0]) or _FIRST.fullmatch("".join(words[:2])) or words in _WHOLE:
        return True
    if known := _KNOWN.fullmatch(file.lower()):
        return bool(known["suffix"]) or file[0].isupper()
    # From here on the word comes later. A name in small letters without a suffix may be a program: check-license.
    if not (text or "." in file or file.isupper() or "LICEN" in file):
        return False
    last = _LICENCE.fullmatch(words[-1]) or (text and _GLUED.fullmatch(words[-1]))
    return bool(last) or (file.isupper() and len(words) <= _MOST_WORDS and any(map(_LICENCE.fullmatch, words)))
