"""METADATA of a wheel (core metadata 2.4): checked first, then written in one way only.

Headers stand in the order of the core metadata specification, so that nothing is left to decide, and whoever reads
that beside a file finds one after the other: Metadata-Version, Name, Version, Summary, Description-Content-Type,
Keywords, Author, Author-email, Maintainer, Maintainer-email, License-Expression, License-File, Classifier,
Requires-Dist, Requires-Python, Project-URL, Provides-Extra. What extras need stands last among Requires-Dist.
License-File and extras are sorted; the others keep the order in which people wrote them, since it may mean something
to them. The text is UTF-8 with LF, and the description follows an empty line (PEP 566).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Final

from truewheel.packing import metadata_fields as fields
from truewheel.packing import metadata_requirements as requirements
from truewheel.packing.metadata_license import license_expression
from truewheel.packing.metadata_lines import line, shown, unicode, wrong
from truewheel.packing.metadata_people import addresses, names, person
from truewheel.packing.model import About, Names
from truewheel.wheel.paths import fault

METADATA_VERSION: Final = "2.4"


def checked(about: About) -> About:
    """`about` as METADATA has it: normalized, and every field fit for it. What is checked already stays as it is.

    The sources are the core metadata specification and PEPs 440, 508, 621, 639, 685 and 753. Raises `RequestError`,
    which begins with the key that ``[project]`` has for the field.
    """
    expression = license_expression(about.license) if about.license else ""
    extras = requirements.optional(about.extras.items())
    return About(
        name=requirements.name("name", about.name),
        version=requirements.version(about.version),
        summary=fields.summary(about.summary),
        readme=fields.readme(about.readme),
        license=expression,
        license_files=None if about.license_files is None else _globs(about.license_files),
        requires_python=requirements.specifiers("requires-python", about.requires_python)
        if about.requires_python
        else "",
        authors=tuple(person("authors", given) for given in about.authors),
        maintainers=tuple(person("maintainers", given) for given in about.maintainers),
        keywords=fields.keywords(about.keywords),
        classifiers=fields.classifiers(about.classifiers, licensed=bool(expression)),
        urls=MappingProxyType(dict(fields.urls(about.urls))),
        dependencies=tuple(str(requirements.requirement("dependencies", text)) for text in about.dependencies),
        extras=MappingProxyType({extra: tuple(map(str, needed)) for extra, needed in sorted(extras)}),
    )


def _globs(given: Names) -> Names:
    """Globs for licence files (PEP 639)."""
    return tuple(_glob(text) for text in given)


def _glob(text: str) -> str:
    glob = line("license-files", text)
    if "\\" in glob or glob.startswith("/") or ".." in glob.split("/"):
        raise wrong(
            "license-files",
            f"{shown(glob)} leads out of the archive or is none of its paths",
            hint="write paths with slashes, relative to the top of the archive",
        )
    return glob


def metadata(about: About, license_files: Iterable[str]) -> bytes:
    """The bytes of METADATA for a project that is `checked`, and the paths of its licences below ``licenses/``.

    Raises `RequestError` for a path that License-File can't have (PEP 639), and never writes a header that would become
    two.
    """
    headers = [("Metadata-Version", METADATA_VERSION), *_described(about)]
    headers += [("License-File", license_path(path)) for path in sorted(set(license_files))]
    headers += [*_related(about)]
    text = "".join(f"{name}: {line(name, value)}\n" for name, value in headers if value)
    if about.readme:
        text += f"\n{about.readme.text}"
    return text.encode("utf-8")


def license_path(path: str) -> str:
    """`path` itself. Raises `RequestError` where License-File can't have it (PEP 639), or a wheel can't hold it."""
    problem = fault(unicode("license-files", path))
    if not problem and (".." in path or "*" in path or path != path.strip()):
        problem = "License-File takes no '..', no '*' and no blanks at the ends (PEP 639)"
    if problem:
        raise wrong(
            "license-files",
            f"{shown(path)} can't be the path of a licence in a wheel: {problem}",
            hint="exclude the file, and give its text from the project's folder under another name",
        )
    return path


def _described(about: About) -> Iterator[tuple[str, str]]:
    """What comes before License-File; a header without a value is left out."""
    yield "Name", about.name
    yield "Version", about.version
    yield "Summary", about.summary
    yield "Description-Content-Type", about.readme.content_type if about.readme else ""
    yield "Keywords", ",".join(about.keywords)
    yield "Author", names(about.authors)
    yield "Author-email", addresses(about.authors)
    yield "Maintainer", names(about.maintainers)
    yield "Maintainer-email", addresses(about.maintainers)
    yield "License-Expression", about.license


def _related(about: About) -> Iterator[tuple[str, str]]:
    """What comes behind License-File."""
    for classifier in about.classifiers:
        yield "Classifier", classifier
    for text in about.dependencies:
        yield "Requires-Dist", text
    for extra, texts in sorted(about.extras.items()):
        for text in texts:
            yield "Requires-Dist", requirements.requirement("optional-dependencies", text).within(extra)
    yield "Requires-Python", about.requires_python
    for label, address in about.urls.items():
        yield "Project-URL", f"{label}, {address}"
    for extra in sorted(about.extras):
        yield "Provides-Extra", extra
