"""The settings of a component that stand in groups: their defaults, and what they may be."""
from copy import deepcopy
from itertools import combinations
from numbers import Real
from typing import Any, Callable, Dict, Iterable, List, Mapping

import numpy

from ..errors import Errors
from ..evaluation import apply_calibration

CONSTRAINTS: Dict[str, Any] = {
    "sentence_bounded": False,
    "max_span_length": None,
    "at_most_one": [],
    "label_order": [],
    "disabled_labels": [],
    "required_key": None,
    "forbidden_key": None,
    "allowed_key": None,
    "span_scores": {},
}
LEARNING: Dict[str, Any] = {
    "candidates_key": None,
    "missed_cost": 0.0,
    "spurious_cost": 0.0,
    "label_weights": {},
    "label_smoothing": 0.0,
    "entity_ratio": None,
}
OF_SPANS = ("threshold", "thresholds", "calibration")  # what a chain may set for itself; None: as the component has it
CHAIN: Dict[str, Any] = {"spans_key": None, "set_ents": False, "labels": None, **dict.fromkeys(OF_SPANS)}
MAX_SCORE = 10_000  # nats, of a span; beyond that, require it or forbid it
ENTITY_RATIO: Dict[str, Any] = {"ratio": 0.15, "margin": 0.05, "weight": 10.0}


def is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and value == value and abs(value) != float("inf")


def _is_cost(value: Any) -> bool:
    return is_number(value) and value >= 0


def _is_probability(value: Any) -> bool:
    return is_number(value) and 0 <= value <= 1


def _is_key(value: Any) -> bool:
    return value is None or isinstance(value, str) and value != ""


def _are_labels(value: Any) -> bool:
    named = isinstance(value, (list, tuple)) and all(isinstance(label, str) for label in value)
    return named and len(set(value)) == len(value)


def _is_length(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _by_name(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Mapping) and all(isinstance(k, str) and check(v) for k, v in value.items())


_WANTED = {
    "sentence_bounded": (lambda value: isinstance(value, bool), "true or false"),
    "max_span_length": (
        lambda value: value is None or _is_length(value) or _by_name(_is_length)(value),
        "null, a number of tokens from 1 on, or such a number for each of some labels",
    ),
    "at_most_one": (_are_labels, "a list of labels, each of them once"),
    "label_order": (_are_labels, "a list of labels, each of them once"),
    "disabled_labels": (_are_labels, "a list of labels, each of them once"),
    "required_key": (_is_key, "null or the key of a span group"),
    "forbidden_key": (_is_key, "null or the key of a span group"),
    "allowed_key": (_is_key, "null or the key of a span group"),
    "span_scores": (
        _by_name(lambda score: is_number(score) and abs(score) <= MAX_SCORE),
        f"a score of at most {MAX_SCORE:,} nats for each of some keys of span groups",
    ),
    "candidates_key": (_is_key, "null or the key of a span group"),
    "missed_cost": (_is_cost, "a cost in nats, 0 or more"),
    "spurious_cost": (_is_cost, "a cost in nats, 0 or more"),
    "label_weights": (_by_name(_is_cost), "a factor of 0 or more for each of some labels"),
    "label_smoothing": (lambda value: _is_cost(value) and value < 1, "a share of at least 0 and below 1"),
    "entity_ratio": (lambda value: value is None or _by_name(_is_cost)(value), "null, or a ratio, a margin and a weight"),
    "spans_key": (_is_key, "null or the key of a span group"),
    "set_ents": (lambda value: isinstance(value, bool), "true or false"),
    "labels": (lambda value: value is None or _are_labels(value) and bool(value), "null or a list of labels, each of them once"),
    "threshold": (lambda value: value is None or _is_probability(value), "a probability"),
    "thresholds": (lambda value: value is None or _by_name(_is_probability)(value), "a probability for each of some labels"),
    "calibration": (lambda value: value is None or isinstance(value, Mapping), "null, or what spacy bio-crf calibrate fitted"),
    "ratio": (_is_probability, "a share from 0 to 1"),
    "margin": (_is_cost, "a share of at least 0"),
    "weight": (_is_cost, "a weight of at least 0"),
}


def check_settings(name: str, where: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Dict[str, Any]:
    """Fill up a group of settings with their defaults.

    name (str): Name of the component.
    where (str): Name of the group, as in the config.
    given (Mapping[str, Any]): What the user has set.
    defaults (Mapping[str, Any]): The settings of the group.
    RETURNS (Dict[str, Any]): A setting for each of the defaults.
    RAISES (ValueError): A setting that does not exist, or a value that it cannot have.
    """
    if not isinstance(given, Mapping):
        wanted = f"settings by name ({', '.join(defaults)})"
        raise ValueError(Errors.E413.format(name=name, key=where, wanted=wanted, value=given))
    for key, value in given.items():
        if key not in defaults:
            raise ValueError(Errors.E412.format(name=name, where=where, key=key, known=", ".join(defaults)))
        fits, wanted = _WANTED[key]
        if not fits(value):
            raise ValueError(Errors.E413.format(name=name, key=f"{where}.{key}".lstrip("."), wanted=wanted, value=value))
    return {key: given[key] if key in given else deepcopy(default) for key, default in defaults.items()}


def check_learning(name: str, given: Mapping[str, Any]) -> Dict[str, Any]:
    """Fill up the group `learning`. RAISES (ValueError): As `check_settings`, or weights that act on no cost."""
    learning = check_settings(name, "learning", given, LEARNING)
    if learning["label_weights"] and not learning["missed_cost"] and not learning["spurious_cost"]:
        raise ValueError(Errors.E414.format(name=name))
    if learning["entity_ratio"] is not None:
        learning["entity_ratio"] = check_settings(name, "learning.entity_ratio", learning["entity_ratio"], ENTITY_RATIO)
    return learning


def check_chains(name: str, given: Mapping[str, Mapping[str, Any]]) -> Dict[str, Dict[str, Any]]:
    """Fill up the group `chains`. RAISES (ValueError): As `check_settings`, or chains that cannot stand side by side."""
    chains = {chain: check_settings(name, f"chains.{chain}", settings, CHAIN) for chain, settings in given.items()}
    for chain, settings in chains.items():
        if not chain:
            raise ValueError(Errors.E427.format(name=name))
        if not settings["set_ents"] and settings["spans_key"] is None:
            raise ValueError(Errors.E401.format(name=f"{name}, chain {chain}"))
        apply_calibration(settings["calibration"], numpy.zeros(0))  # refuses what is no calibration
    to_ents = [chain for chain, settings in chains.items() if settings["set_ents"]]
    if len(to_ents) > 1:
        raise ValueError(Errors.E415.format(name=name, chains=", ".join(to_ents)))
    for (one, first), (other, second) in combinations(chains.items(), 2):
        same_key = first["spans_key"] is not None and first["spans_key"] == second["spans_key"]
        labels = None if None in (first["labels"], second["labels"]) else {*first["labels"]} & {*second["labels"]}
        if same_key and (labels is None or labels):
            raise ValueError(Errors.E426.format(name=name, one=one, other=other, key=first["spans_key"]))
    return chains


def unknown_labels(cfg: Mapping[str, Any], labels: Iterable[str]) -> List[str]:
    """Settings that name labels which the component does not have, as "setting: labels".

    cfg (Mapping[str, Any]): All settings.
    labels (Iterable[str]): The labels of the component.
    """
    constraints, known = cfg["constraints"], set(labels)
    longest = constraints["max_span_length"]
    named = {
        "constraints.at_most_one": constraints["at_most_one"],
        "constraints.label_order": constraints["label_order"],
        "constraints.disabled_labels": constraints["disabled_labels"],
        "constraints.max_span_length": longest if isinstance(longest, Mapping) else (),
        "learning.label_weights": cfg["learning"]["label_weights"],
        "thresholds": cfg["thresholds"],
    }
    unknown = {setting: sorted(set(found) - known) for setting, found in named.items()}
    return [f"{setting}: {', '.join(found)}" for setting, found in unknown.items() if found]
