"""Projects for the tests of metadata: one that says everything there is, and any that people may write."""

from __future__ import annotations

from hypothesis import strategies as st

from truewheel.packing.model import About, Person, Readme

README = "# Zig\r\n\r\nÄ language.\n"

FULL = About(
    name="Zig.Lang",
    version="v0.12.0-dev.1+ABC",
    summary=" A language, and a toolchain ",
    readme=Readme(README, "Text/Markdown; variant=gfm; charset=utf-8"),
    license="mit or (apache-2.0 with llvm-exception)",
    license_files=("**/LICENSE*",),
    requires_python=">= 3.8, <4",
    authors=(Person("Ada Byron"), Person("Zoë Õ.", "zoe@example.org"), Person("Bo Ö", "team@example.org")),
    maintainers=(Person('J. "Jay" \\ R', "j@example.org"), Person("Bea B.")),
    keywords=("zig", "c compiler"),
    classifiers=("Private :: Do Not Upload", "Topic :: Software Development :: Compilers"),
    urls={"Home Page": "https://example.org/", "Issues": "http://example.org:80/i?a=b#c"},
    dependencies=(
        "Foo[b_x,A] >= 1 , < 2 ; os_name=='nt' or   python_version<'3.9'",
        "q@https://e.org/q.whl ; os_name=='nt'",
    ),
    extras={"T_e": ("foo;os_name=='nt' or os_name=='posix'", "bar ; os_name == 'nt'", "baz"), "none": ()},
)

FULL_TEXT = """\
Metadata-Version: 2.4
Name: Zig.Lang
Version: 0.12.0.dev1+abc
Summary: A language, and a toolchain
Description-Content-Type: text/markdown; charset=UTF-8; variant=GFM
Keywords: zig,c compiler
Author: Ada Byron
Author-email: "Zoë Õ." <zoe@example.org>, Bo Ö <team@example.org>
Maintainer: Bea B.
Maintainer-email: "J. \\"Jay\\" \\\\ R" <j@example.org>
License-Expression: MIT OR (Apache-2.0 WITH LLVM-exception)
License-File: LICENSE
License-File: lib/COPYING
Classifier: Private :: Do Not Upload
Classifier: Topic :: Software Development :: Compilers
Requires-Dist: Foo[a,b-x]<2,>=1; os_name == "nt" or python_version < "3.9"
Requires-Dist: q @ https://e.org/q.whl ; os_name == "nt"
Requires-Dist: foo; (os_name == "nt" or os_name == "posix") and extra == "t-e"
Requires-Dist: bar; os_name == "nt" and extra == "t-e"
Requires-Dist: baz; extra == "t-e"
Requires-Python: <4,>=3.8
Project-URL: Home Page, https://example.org/
Project-URL: Issues, http://example.org:80/i?a=b#c
Provides-Extra: none
Provides-Extra: t-e

# Zig

Ä language.
"""

_WORDS = st.text(
    st.one_of(
        st.sampled_from(
            "abz09 .,:;-_'\"<>@()[]{}#%*/\\=?!|~+äßΩ中\U0001f40d\u0301\u200d\u2028\n\r\t\0\x0b\x0c\x1c\x85\ud800"
        ),
        st.characters(),
    ),
    max_size=12,
)
_NAMES = st.one_of(st.from_regex(r"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?\Z"), _WORDS)
_SPECIFIERS = st.one_of(
    st.sampled_from([">=3.8", "<4,>=3.8", "~=3.8.1", "!= 3.9.*, >=3", "===x", "==1.0+l", "<2,"]), _WORDS
)
_MARKERS = st.sampled_from(
    [
        "",
        "os_name == 'nt'",
        'python_version>="3.8" or (os_name=="nt" and "x" in platform_version)',
        "'a\"' not in os_name",
    ]
)


def _joined(name: str, specifiers: str, marker: str) -> str:
    return f"{name}{specifiers} ; {marker}" if marker else f"{name} ({specifiers})"


_REQUIREMENTS = st.one_of(st.builds(_joined, _NAMES, _SPECIFIERS, _MARKERS), _WORDS)
_PEOPLE = st.lists(
    st.builds(Person, _WORDS, st.one_of(st.sampled_from(["", "a@b", "a.b+c@example.org"]), _WORDS)), max_size=2
).map(tuple)

ANY = st.builds(
    About,
    name=_NAMES,
    version=st.one_of(st.sampled_from(["1.0", "v2", "1!2.0-rc1+ubuntu.1", "2024.01"]), _WORDS),
    summary=_WORDS,
    readme=st.one_of(
        st.none(),
        st.builds(
            Readme,
            _WORDS,
            st.one_of(
                st.sampled_from(["text/markdown", "text/plain; charset=utf-8", "text/x-rst", "text/html"]), _WORDS
            ),
        ),
    ),
    license=st.one_of(st.sampled_from(["", "mit", "(MIT)", "MIT and bsd-3-clause+", "LicenseRef-x"]), _WORDS),
    requires_python=_SPECIFIERS,
    authors=_PEOPLE,
    maintainers=_PEOPLE,
    keywords=st.lists(_WORDS, max_size=3).map(tuple),
    classifiers=st.lists(st.one_of(st.sampled_from(["A :: B", "License :: X", "A :: B :: C"]), _WORDS), max_size=2).map(
        tuple
    ),
    urls=st.dictionaries(
        _WORDS, st.one_of(st.sampled_from(["https://e.org", "http://[::1]:8/%C3%A4"]), _WORDS), max_size=2
    ),
    dependencies=st.lists(_REQUIREMENTS, max_size=2).map(tuple),
    extras=st.dictionaries(_NAMES, st.lists(_REQUIREMENTS, max_size=2).map(tuple), max_size=2),
)
"""Whatever may stand in settings, right and wrong, every field by itself."""
