"""The reference of the TypeScript client, read from its sources: what each entry point exports, with its comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SOURCES = Path(__file__).resolve().parents[1] / "clients" / "typescript" / "src"
ENTRY_POINTS = {
    "backtest-runner": "index.ts",
    "backtest-runner/node": "node/index.ts",
    "backtest-runner/react": "react/index.ts",
    "backtest-runner/socket": "socket/index.ts",
}
# what is made from the schemas has a page of its own
PAGES = {
    "analysis": "request.md",
    "analysis_result": "result.md",
    "request": "request.md",
    "result": "result.md",
    "error": "errors/README.md",
    "codes": "errors/README.md",
    "progress": "progress.md",
    "job": "job.md",
    "jobs": "job.md",
    "batch": "job.md",
    "strategies": "strategies/README.md",
    "common": "strategies/README.md",
}
_EXPORT = re.compile(
    r"^export (?P<types>type )?(?:\*|\{(?P<names>[^}]*)\}) from '(?P<module>[^']+)\.js';", re.MULTILINE
)
_DECLARED = re.compile(
    r"^(?:/\*\*(?P<doc>(?:(?!\*/).)*)\*/\n)?"
    r"export (?P<head>(?:async )?(?:function|class|interface|type|const) (?P<name>\w+))",
    re.MULTILINE | re.DOTALL,
)
_MEMBER = re.compile(r"^  (?=[a-z(])", re.MULTILINE)


class Declaration(NamedTuple):
    """One exported name. text: from its first word to the end of its block."""

    name: str
    kind: str
    doc: str
    text: str


def exports(entry: str) -> list[tuple[str, Declaration]]:
    """Return what an entry point exports, in its order, each with the module that declares it."""
    path = SOURCES / entry
    found = []
    for line in _EXPORT.finditer(path.read_text(encoding="utf-8")):
        module = (path.parent / line["module"]).resolve().relative_to(SOURCES.resolve()).as_posix()
        declared = declarations((SOURCES / f"{module}.ts").read_text(encoding="utf-8"))
        wanted = None if line["names"] is None else re.findall(r"(?:type )?(\w+)", line["names"])
        found += [(module, one) for one in declared if wanted is None or one.name in wanted]
    own = declarations(path.read_text(encoding="utf-8"))
    return found + [(entry.removesuffix(".ts"), one) for one in own]


def declarations(source: str) -> list[Declaration]:
    """Return the exported declarations of a module."""
    found = []
    for match in _DECLARED.finditer(source):
        start = match.start("head")
        *_, kind, name = match["head"].split()
        found.append(Declaration(name, kind, comment(match["doc"]), source[start:]))
    return found


def comment(doc: str | None) -> str:
    """Return the text of a doc comment, its stars removed; `@default` becomes a sentence."""
    lines = [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in (doc or "").split("\n")]
    text = re.sub(r"\{@link (\w+)\}", r"`\1`", "\n".join(lines).strip())
    return re.sub(r"\s*@default (.+)", r" Default: \1.", text)


def until(text: str, ends: str) -> str:
    """Return the beginning of `text` up to the first of the characters `ends` that is inside no bracket."""
    depth = 0
    for position, character in enumerate(text):
        if depth == 0 and character in ends and (character != "{" or text[position + 1 : position + 2] in ("\n", "}")):
            return text[:position].rstrip()
        depth += (character in "([{") - (character in ")]}")
    return text.rstrip()


def body(text: str) -> str:
    """Return what stands between the braces of a class or an interface."""
    head = until(text, "{")
    return text[len(head) :].split("{\n", 1)[1].split("\n}", 1)[0] if "{\n" in text[len(head) : len(head) + 4] else ""


def members(declaration: Declaration) -> list[tuple[str, str]]:
    """Return the public members of an interface or a class: signature and comment."""
    found: list[tuple[str, str]] = []
    inside = body(declaration.text)
    for match in _MEMBER.finditer(inside):
        signature = until(inside[match.end() :], ";{")
        before = re.search(r"/\*\*((?:(?!\*/).)*)\*/\s*$", inside[: match.end()], re.DOTALL)
        name = re.match(r"(?:async |get |readonly |\*)*(\w*)", signature)
        assert name is not None
        if declaration.kind == "class" and inside[: match.end()].rstrip("\n ")[-1:] not in ("", ";", "}", "/"):
            continue  # a statement of a body
        overloads = [known for known, _ in found if known.startswith(f"{name[1]}(") and name[1]]
        if (overloads and signature.startswith("async")) or "#" in signature.split("(")[0]:
            continue  # the implementation of what is declared above; what is private
        one_line = re.sub(r"\s*\n\s*", " ", re.sub(r" \| undefined\b", "", signature))
        found.append((one_line, comment(before[1]) if before else ""))
    return found


def inherited(module: str, declaration: Declaration, exported: set[str]) -> list[tuple[str, str]]:
    """Return the members of the interfaces that one extends and that no entry point exports."""
    found = []
    for parent in re.findall(r"\w+", signature(declaration).partition(" extends ")[2]):
        path = SOURCES / f"{module}.ts"
        source = path.read_text(encoding="utf-8")
        imported = re.search(rf"import (?:type )?\{{[^}}]*\b{parent}\b[^}}]*\}} from '(\./[^']+)\.js'", source)
        if parent not in exported and imported is not None:
            declared = declarations((path.parent / f"{imported[1]}.ts").read_text(encoding="utf-8"))
            found += [row for one in declared if one.name == parent for row in members(one)]
    return found


def signature(declaration: Declaration) -> str:
    """Return a declaration without its body."""
    if declaration.kind == "function":
        after = declaration.text.index("(")
        return declaration.text[:after] + until(declaration.text[after:], "{")
    if declaration.kind in ("class", "interface"):
        return until(declaration.text, "{")
    if declaration.kind == "const":
        return until(declaration.text, "=;")
    return until(declaration.text, ";")


def page(made: str, table: Callable[[list[str], list[list[str]]], str]) -> str:
    """Return docs/reference/typescript.md."""
    parts = [
        f"{made}# The TypeScript client\n",
        "The package is [clients/typescript](../../clients/typescript/README.md); its README shows how to use it. "
        "These are the exports of its four entry points, from its sources.\n",
    ]
    listings = {name: exports(entry) for name, entry in ENTRY_POINTS.items()}
    exported = {declaration.name for listed in listings.values() for _, declaration in listed}
    for name, listed in listings.items():
        parts.append(f"## {name}\n")
        for module, declaration in (one for one in listed if not one[0].startswith("generated/")):
            parts.append(f"### {declaration.name}\n")
            parts.append(f"```ts\n{signature(declaration)}\n```\n")
            if declaration.doc:
                parts.append(f"{declaration.doc}\n")
            if declaration.kind not in ("class", "interface"):
                continue
            if rows := inherited(module, declaration, exported) + members(declaration):
                cells = [[f"`{one}`", doc.replace("\n", " ")] for one, doc in rows]
                parts.append(table(["member", "meaning"], cells))
        from_schemas = [one for one in listed if one[0].startswith("generated/")]
        if from_schemas:
            parts.append("### Types of documents\n")
            parts.append("These are generated from the schemas; each links to the page that describes its keys.\n")
            pages = [PAGES[module.removeprefix("generated/")] for module, _ in from_schemas]
            cells = [
                [f"[`{one.name}`]({page})", one.doc.replace("\n", " ")]
                for page, (_, one) in zip(pages, from_schemas, strict=True)
            ]
            parts.append(table(["type", "meaning"], cells))
    return "\n".join(parts)
