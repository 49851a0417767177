"""Spans whose edges lie within tokens, and the rules of the tokenizer that would part these."""
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.tokenizer import Tokenizer

from .documents import annotated_spans
from .findings import Findings

Cut = Tuple[str, int]  # a token, and where in it an edge lies


class Rule(NamedTuple):
    """A rule that parts a token where it should be parted.

    kind (str): "prefix", "suffix", "infix", "special case", or "" if none helps.
    pattern (str): A regular expression; for a special case, the parts of the token.
    """

    kind: str
    pattern: str

    def __str__(self) -> str:
        return f"{self.kind} {self.pattern}" if self.kind else "no rule parts it there"


def check_tokenizer(nlp: Language, doc: Doc, key: Optional[str], part: str, findings: Findings, known: Dict[Cut, Rule]) -> None:
    """Look for spans that begin or end within a token of the pipeline. Documents whose own tokens are kept in training,
    since their text is not known (`doc.has_unknown_spaces`), are left out.

    nlp (Language): The pipeline, or a blank one of the language.
    doc (Doc): An annotated document, with tokens of its own.
    key (Optional[str]): Key of the span group, None for the entities.
    part (str): Name of the part.
    findings (Findings): Is filled.
    known (Dict[Cut, Rule]): The rules that were found for earlier documents; is filled.
    """
    spans = annotated_spans(doc, key)
    if doc.has_unknown_spaces or not spans:
        return
    tokens = [(token.idx, token.idx + len(token)) for token in nlp.make_doc(doc.text)]
    for span in spans:
        cuts = list(_cuts(doc.text, tokens, span.start_char, span.end_char))
        for token, cut in cuts:
            if (token, cut) not in known:
                known[token, cut] = mending_rule(nlp.tokenizer, token, cut)
        if cuts:
            told = " and ".join(f"{token!r}: {known[token, cut]}" for token, cut in cuts)
            findings.add("tokenizer", part, f"{span.label_} {span.text!r} cuts {told}")


def mending_rule(tokenizer: Tokenizer, token: str, cut: int) -> Rule:
    """Find a rule of spaCy's tokenizer that parts a token. Each is tried: those for all such tokens first, then the special
    case of this token.

    tokenizer (Tokenizer): The tokenizer of the pipeline.
    token (str): The token.
    cut (int): Where it should be parted, in characters.
    RETURNS (Rule): The first that helps.
    """
    before, after = token[:cut], token[cut:]
    if isinstance(tokenizer, Tokenizer):
        for rule in _candidates(before, after):
            if cut in _edges(_with_rule(tokenizer, rule), token):
                return rule
        if not any(char.isspace() for char in token):
            return Rule("special case", f"{before!r} + {after!r}")
    return Rule("", "")


def _candidates(before: str, after: str) -> Iterator[Rule]:
    """Rules for a whole class of tokens: what parts punctuation first."""
    if not any(char.isalnum() for char in before):
        yield Rule("prefix", re.escape(before))
    if not any(char.isalnum() for char in after):
        yield Rule("suffix", re.escape(after))
    for char in (after[0], before[-1]):
        if not char.isalnum():
            yield Rule("infix", re.escape(char))
    left, right = _class_of(before[-1]), _class_of(after[0])
    if left != right and "" not in (left, right):
        yield Rule("infix", f"(?<={left})(?={right})")


def _class_of(char: str) -> str:
    if char.isdigit():
        return "[0-9]"
    if char.isalpha():
        return "[^\\W\\d_]"
    return ""


def _with_rule(tokenizer: Tokenizer, rule: Rule) -> Tokenizer:
    """A copy of the tokenizer with one rule more."""
    searches = {name: getattr(tokenizer, name) for name in ("prefix_search", "suffix_search", "infix_finditer")}
    patterns = {"prefix": "^(?:{})", "suffix": "(?:{})$", "infix": "{}"}
    name = "infix_finditer" if rule.kind == "infix" else f"{rule.kind}_search"
    new = patterns[rule.kind].format(rule.pattern)
    old = getattr(getattr(searches[name], "__self__", None), "pattern", None)
    compiled = re.compile(f"{old}|{new}" if old else new)
    searches[name] = compiled.finditer if rule.kind == "infix" else compiled.search
    return Tokenizer(
        tokenizer.vocab, rules=tokenizer.rules, token_match=tokenizer.token_match, url_match=tokenizer.url_match, **searches
    )


def _edges(tokenizer: Tokenizer, text: str) -> List[int]:
    return [token.idx for token in tokenizer(text)]


def _cuts(text: str, tokens: List[Tuple[int, int]], start: int, end: int) -> Iterator[Cut]:
    """The tokens that an edge of a span lies within. Edges on whitespace are the span's own fault."""
    for edge in (start, end):
        for first, last in tokens:
            if first < edge < last:
                yield text[first:last], edge - first
