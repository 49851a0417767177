"""Pages of HTML that need nothing else: templates, and text with highlighted spans."""
from html import escape
from itertools import cycle
from typing import Any, Dict, Iterable, List
from unicodedata import bidirectional

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from spacy import displacy

# Light enough for black text, and apart for readers who see fewer colours.
COLOURS = ("#a6cee3", "#fdbf6f", "#b2df8a", "#fb9a99", "#cab2d6", "#ffff99", "#8dd3c7", "#d9d9d9", "#fccde5", "#bebada")
MARK = '<mark style="background: {bg}">{text} <small>{label}</small></mark>'


def render_page(template: str, **data: Any) -> str:
    """Render a template of this room.

    template (str): Name of the file.
    **data (Any): What it shows. Text is escaped, unless it is `Markup`.
    RETURNS (str): The page.
    """
    loader = PackageLoader("spacy_bio_crf.cli", "templates")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(template).render(**data)


def label_colours(labels: Iterable[str]) -> Dict[str, str]:
    """A colour for each label. There are more labels than colours."""
    return dict(zip(sorted(set(labels)), cycle(COLOURS)))


def highlight(text: str, spans: Iterable[Dict[str, Any]], colours: Dict[str, str]) -> Markup:
    """Show spans in their text, by displaCy.

    text (str): The text.
    spans (Iterable[Dict[str, Any]]): "start" and "end" in characters and "label" of each. They do not overlap.
    colours (Dict[str, str]): The colour of each label.
    RETURNS (Markup): HTML.
    """
    ents: List[Dict[str, Any]] = [
        {"start": span["start"], "end": span["end"], "label": escape(span["label"]), "params": {"bg": colours[span["label"]]}}
        for span in spans
    ]
    settings = {"direction": _direction(text)}
    doc = {"text": text, "ents": sorted(ents, key=lambda ent: ent["start"]), "title": None, "settings": settings}
    return Markup(displacy.render([doc], style="ent", manual=True, jupyter=False, options={"template": MARK}))


def _direction(text: str) -> str:
    """Which way a text is read, by its first letter that says so."""
    kinds = (bidirectional(char) for char in text)
    return "rtl" if next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L" else "ltr"
