"""Who loads whom where loaders know libraries by their names alone: Windows and WebAssembly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from truewheel.binary.graph_model import Edge
from truewheel.binary.graph_search import Index, by_arch, file_of
from truewheel.binary.model import Pe, Wasm


def of_pes(pes: Mapping[str, Pe]) -> Iterator[Edge]:
    """The edges of PE files. Windows looks a DLL up by its base name, in any case; where it lies is up to the package.

    A DLL that exports are forwarded to is looked for when somebody asks for one of them, and not before.
    """
    indexes = by_arch((pe.arch, member, (file_of(member).lower(),)) for member, pe in pes.items())
    for member, pe in pes.items():
        wanted = {dll_name(imported.name): "delayed" for imported in pe.imports if imported.delayed}
        own = file_of(member).lower()
        wanted |= {name: "delayed" for name in forwarded(pe) if name != own}
        wanted |= {dll_name(imported.name): "" for imported in pe.imports if not imported.delayed}
        for name, strength in wanted.items():
            provider = indexes[pe.arch].named(name, member)
            yield Edge(member, pe.arch, name, provider, "name" if provider else "", strength)


def forwarded(pe: Pe) -> tuple[str, ...]:
    """The DLLs, in lower case, that a file's exports are forwarded to: what stands before the last point.

    Source: "The .edata Section" of the PE/COFF specification.
    """
    targets = {target for _, target in pe.forwards}  # exports without number may share a long one
    names = {target.rpartition(".")[0] for target in targets}
    return tuple(sorted({dll_name(name) for name in names if name}))


def dll_name(name: str) -> str:
    """The name that Windows looks for: in lower case, and with the usual extension where there is none.

    Source: "LoadLibraryA function" (Microsoft), Remarks; names in import tables go the same way.
    """
    name = name.lower()
    return name if "." in name else f"{name}.dll"


def of_wasms(wasms: Mapping[str, Wasm]) -> Iterator[Edge]:
    """The edges of WebAssembly modules, which name the libraries that they need."""
    index = Index()
    for member in wasms:
        index.add(member, (file_of(member),))
    for member, wasm in wasms.items():
        for name in wasm.needed:
            provider = index.named(file_of(name), member)
            yield Edge(member, wasm.arch, name, provider, "name" if provider else "")
