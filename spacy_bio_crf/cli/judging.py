"""The documents of corpora, with what a pipeline predicts for them, as far as their annotation can judge it."""
from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Errors
from ..evaluation import JudgedDoc, join_groups, judge_doc
from ..pipeline.tagger import BioCrfTagger
from ..tags import TokenSpan
from .component import FACTORY, read_examples, watch

Judged = Tuple[Example, JudgedDoc]


def judge_pipeline(nlp: Language, paths: Iterable[Path], keys: Sequence[str], *, silent: bool) -> List[JudgedDoc]:
    """Predict corpora once.

    nlp (Language): Any pipeline. Where a bio_crf_tagger writes the spans, it is also asked how probable the gold spans are
        that it missed.
    paths (Iterable[Path]): .spacy files, or folders of them.
    keys (Sequence[str]): Keys of the span groups, which are judged together; none for the entities.
    silent (bool): Whether to show no progress.
    RETURNS (List[JudgedDoc]): The documents that have such annotation, in order.
    RAISES (ValueError): No document has a token with such annotation, or one of the groups.
    """
    paths = list(paths)
    docs: List[JudgedDoc] = []
    read = {path: read_examples(nlp, path) for path in paths}
    check_groups([example.reference for examples in read.values() for example in examples], keys, paths)
    for path, examples in read.items():
        predicted = nlp.pipe([example.predicted for example in examples])
        for example, doc in zip(examples, watch(predicted, f"Predicting {path}", len(examples), silent=silent)):
            example.predicted = doc
        groups = [_judge(nlp, examples, key, str(path), silent=silent) for key in keys or [None]]
        judged = ([doc for doc in one if doc is not None] for one in zip(*groups))
        docs += [join_groups(found) for found in judged if found]
    if not any(doc.known.any() for doc in docs):
        raise _unannotated("entities", paths)
    return docs


def check_groups(docs: Sequence[Doc], keys: Sequence[str], paths: Sequence[Path]) -> None:
    """RAISES (ValueError): No document has one of the groups."""
    for key in keys:
        if not any(key in doc.spans for doc in docs):
            raise _unannotated(f"span group '{key}'", paths)


def _unannotated(place: str, paths: Sequence[Path]) -> ValueError:
    return ValueError(Errors.E625.format(place=place, corpora=", ".join(map(str, paths))))


def _judge(
    nlp: Language, examples: List[Example], key: Optional[str], source: str, *, silent: bool
) -> List[Optional[JudgedDoc]]:
    """Judge the entities or one group of each document; None where it has no such annotation."""
    docs = [judge_doc(example, key, source) for example in examples]
    judged = [(example, doc) for example, doc in zip(examples, docs) if doc is not None]
    told = iter(_with_gold_probabilities(nlp, judged, key, silent=silent))
    return [doc and next(told) for doc in docs]


def _with_gold_probabilities(nlp: Language, judged: List[Judged], key: Optional[str], *, silent: bool) -> List[JudgedDoc]:
    """Ask for the probabilities of missed gold spans, of each component and chain that could have predicted them."""
    found: List[Dict[TokenSpan, float]] = [{} for _ in judged]
    for name in nlp.pipe_names:
        if nlp.get_pipe_meta(name).factory != FACTORY:
            continue
        tagger = nlp.get_pipe(name)
        for chain in tagger.chains:
            if chain.gold_key == key:
                _ask(nlp, tagger, chain.name or None, set(chain.tagset.labels), judged, found, silent=silent)
    return [replace(doc, gold_probability=told) for (_, doc), told in zip(judged, found)]


def _ask(
    nlp: Language,
    tagger: BioCrfTagger,
    chain: Optional[str],
    labels: set,
    judged: List[Judged],
    found: List[Dict[TokenSpan, float]],
    *,
    silent: bool,
) -> None:
    missed = [[span for span in set(doc.gold) - set(doc.predicted) if span.label in labels] for _, doc in judged]
    places = [place for place, spans in enumerate(missed) if spans]
    before = nlp.pipe_names[: nlp.pipe_names.index(tagger.name)]
    with nlp.select_pipes(enable=before):
        docs = nlp.pipe([_bare(judged[place][0].predicted) for place in places])
        posteriors = tagger.posteriors(docs, chain=chain)
        for place, posterior in zip(places, watch(posteriors, "Missed gold", len(places), silent=silent)):
            example, _ = judged[place]
            rows = [_moved(example, span) for span in missed[place]]
            spans = [row for row in rows if row is not None]
            told = iter(posterior.span_probabilities(spans).tolist())
            found[place].update({s: 0.0 if row is None else next(told) for s, row in zip(missed[place], rows)})


def _bare(doc: Doc) -> Doc:
    return Doc(doc.vocab, [token.text for token in doc], [bool(token.whitespace_) for token in doc])


def _moved(example: Example, span: TokenSpan) -> Optional[TokenSpan]:
    """A gold span in tokens of the predicted document; None if it has no such tokens, so that nothing can predict it."""
    tokens = example.alignment.y2x[span.start : span.end]
    if not len(tokens):
        return None
    start, end = int(tokens[0]), int(tokens[-1]) + 1
    back = example.alignment.x2y[start:end]
    same = int(back[0]) == span.start and int(back[-1]) + 1 == span.end
    return TokenSpan(start, end, span.label) if same else None
