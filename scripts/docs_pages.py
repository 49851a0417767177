"""Hooks of MkDocs: pages that are made from other files of the project.

A link of a page to a file outside docs/ leads to a page that shows this file, so that pages read the same here and
in the repository. The page of the commands is what they say of themselves.
"""
import re
from pathlib import Path

import typer
from mkdocs.structure.files import File
from spacy_bio_crf.cli import bio_crf_cli
from typer.cli import get_docs_for_click

ROOT = Path(__file__).parents[1]
COMMANDS = "api/commands.md"
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", *(f"configs/{path.name}" for path in sorted(ROOT.glob("configs/*.cfg"))))
LINK = re.compile(r"(?<=\]\()(?P<up>(?:\.\./)+)(?P<path>[^.#)][^#)]*)(?=[#)])")


def page_of(path):
    """Where the page of a file lies."""
    return path if path.endswith(".md") else f"{path}.md"


def leads_out(link, file):
    return link["up"].count("../") == file.src_uri.count("/") + 1


def on_files(files, config):
    linked = {
        link["path"]
        for file in files.documentation_pages()
        for link in LINK.finditer(file.content_string)
        if leads_out(link, file) and (ROOT / link["path"]).is_file()
    }
    for path in linked.union(PAGES):
        text = (ROOT / path).read_text(encoding="utf8")
        if path.endswith(".md"):
            text = text.replace("](docs/", "](")
        else:
            name, language = Path(path).name, {".cfg": "ini", ".yml": "yaml"}.get(Path(path).suffix, "")
            text = f"# {name}\n\n`{path}`\n\n```{language}\n{text}```\n"
        files.append(File.generated(config, page_of(path), content=text))
    return files


def help_of_commands():
    """What each command says of itself, as Markdown, with its examples as they are typed."""
    for name, command in typer.main.get_command(bio_crf_cli).commands.items():
        full_name = f"python -m spacy bio-crf {name}"
        text = get_docs_for_click(obj=command, ctx=typer.Context(command), name=full_name, indent=1)
        text = re.sub("^## .*", f"## {name}", text)
        text = re.sub("(?m)^Examples:\n", "", text)
        yield re.sub(rf"(?m)^{name} (.*)$", rf"    {full_name} \1", text)


def on_page_markdown(markdown, page, config, files):
    def inside(link):
        return link["up"][len("../") :] + page_of(link["path"]) if leads_out(link, page.file) else link[0]

    if page.file.src_uri == COMMANDS:
        markdown += "\n".join(help_of_commands())
    return LINK.sub(inside, markdown)
