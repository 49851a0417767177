"""What a trained component would not learn from a corpus, and what its thresholds would drop of it."""
from typing import Mapping, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Errors
from ..evaluation import kept_counts
from ..evaluation.check import Findings
from ..pipeline.chains import Chain
from ..pipeline.gold import gold_lattice
from ..pipeline.tagger import BioCrfTagger
from .component import outcomes_of_examples, watch


def check_model(
    nlp: Language,
    name: str,
    parts: Mapping[str, Sequence[Doc]],
    key: Optional[str],
    findings: Findings,
    *,
    silent: bool,
) -> None:
    """Check the documents against a component.

    nlp (Language): The pipeline.
    name (str): Name of the component.
    parts (Mapping[str, Sequence[Doc]]): The documents of each part.
    key (Optional[str]): Key of the span group, None for the entities.
    findings (Findings): Is filled.
    silent (bool): Whether to show no progress.
    RAISES (ValueError): The component does not learn from these spans.
    """
    tagger = nlp.get_pipe(name)
    chains = [chain for chain in tagger.chains if chain.gold_key == key]
    if not chains:
        known = ", ".join(_place(chain.gold_key) for chain in tagger.chains)
        raise ValueError(Errors.E631.format(name=name, place=_place(key), known=known))
    before = nlp.pipe_names[: nlp.pipe_names.index(name)]
    for part, docs in parts.items():
        examples = [Example(_copy(nlp, doc), doc) for doc in docs]
        with nlp.select_pipes(enable=before):
            made = nlp.pipe([example.predicted for example in examples])
            for example, doc in zip(examples, watch(made, f"Gold of {part}", len(examples), silent=silent)):
                example.predicted = doc
                for chain in chains:
                    _check_gold(tagger, chain, example, part, findings)
        for chain in chains:
            _check_threshold(nlp, tagger, chain, examples, part, findings, silent=silent)


def _place(key: Optional[str]) -> str:
    return "doc.ents" if key is None else f"doc.spans['{key}']"


def _copy(nlp: Language, doc: Doc) -> Doc:
    """The document as training makes it: with the tokens of the pipeline, unless its text is not known."""
    return Doc(nlp.vocab, [token.text for token in doc]) if doc.has_unknown_spaces else nlp.make_doc(doc.text)


def _check_gold(tagger: BioCrfTagger, chain: Chain, example: Example, part: str, findings: Findings) -> None:
    bounded = bool(tagger.cfg["constraints"]["sentence_bounded"])
    gold = gold_lattice(example, chain, sentence_bounded=bounded)
    for span in gold.lost:
        start, end, label = span
        findings.add("lost gold", part, f"{label} {example.predicted[start:end].text!r} in {example.text[:100]!r}")
    for label in sorted(gold.foreign):
        findings.add("foreign label", part, label)


def _check_threshold(
    nlp: Language,
    tagger: BioCrfTagger,
    chain: Chain,
    examples: Sequence[Example],
    part: str,
    findings: Findings,
    *,
    silent: bool,
) -> None:
    settings = tagger.settings_of(chain.name)
    limits = {key: settings[key] for key in ("threshold", "thresholds")}
    if not any(limits.values()):
        return
    outcomes = outcomes_of_examples(nlp, tagger.name, list(examples), chain=chain.name or None, silent=silent)
    everything, kept = kept_counts(outcomes), kept_counts(outcomes, **limits)
    for label, counts in everything.items():
        right = counts.right - kept[label].right
        wrong = counts.kept - kept[label].kept - right
        if right:
            limit = limits["thresholds"].get(label, limits["threshold"])
            findings.add(
                "threshold", part, f"{label}: {limit:g} drops {right:,} right and {wrong:,} wrong predictions", right
            )
