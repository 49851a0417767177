"""An extension of griffe, which reads docstrings for the site: spaCy's style, told in Google's."""
import re
from inspect import cleandoc
from textwrap import indent

from griffe import Extension

FIELD = re.compile(r"(?P<name>[*\w]+(?:, [*\w]+)*)(?: \((?P<type>.+?)\))?: (?P<text>.*)")
RESULT = re.compile(r"(?P<kind>RETURNS|YIELDS|RAISES) \(?(?P<type>.+?)\)?: (?P<text>.*)")
WITHIN = re.compile(r"(?<=[.:]) (?=(?:RETURNS|YIELDS|RAISES) )")  # after the first sentence, on its line
TITLES = {"RETURNS": "Returns", "YIELDS": "Yields", "RAISES": "Raises"}


def to_google(text, names, title):
    """Gather the fields of a docstring in sections.

    text (str): The docstring. A field begins with a name and its type, with one of `names`, or with RETURNS, YIELDS or
        RAISES; its further lines are indented.
    names (Container[str]): The parameters of a function, or the attributes of a class.
    title (str): Of their section: "Args" or "Attributes".
    RETURNS (str): The docstring in Google's style.
    """
    prose, sections = [], {}
    lines = prose
    for line in WITHIN.sub("\n", cleandoc(text)).splitlines():
        field, result = FIELD.fullmatch(line), RESULT.fullmatch(line)
        if result:
            lines = [result["text"]]
            sections.setdefault(TITLES[result["kind"]], []).append((result["type"], lines))
        elif field and (field["type"] or all(name.lstrip("*") in names for name in field["name"].split(", "))):
            lines = [field["text"]]
            kind = f" ({field['type']})" if field["type"] else ""
            sections.setdefault(title, []).extend((name + kind, lines) for name in field["name"].split(", "))
        else:
            if not line.startswith(" "):
                lines = prose
            lines.append(line)
    parts = ["\n".join(prose).strip()]
    for heading, fields in sections.items():
        rows = "\n".join(f"{head}: " + "\n".join(body) for head, body in fields)
        parts.append(f"{heading}:\n" + indent(rows, "    "))
    return "\n\n".join(parts)


class SpacyDocstrings(Extension):
    def on_function(self, *, func, **kwargs):
        if func.docstring:
            func.docstring.value = to_google(func.docstring.value, {one.name for one in func.parameters}, "Args")

    def on_attribute(self, *, attr, **kwargs):
        if attr.docstring:
            attr.docstring.value = to_google(attr.docstring.value, (), "Attributes")

    def on_class(self, *, cls, **kwargs):
        if cls.docstring:
            cls.docstring.value = to_google(cls.docstring.value, set(cls.members), "Attributes")
