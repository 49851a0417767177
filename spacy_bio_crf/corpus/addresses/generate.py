"""A seeded generator of postal addresses, in text and character spans."""
from random import Random
from typing import Iterator, List, Optional, Tuple

from ...errors import Errors
from .france import fr_address
from .names import get_names
from .pieces import CharSpan, render
from .us import us_address

LABELS = (
    "country", "region", "locality", "dependent_locality", "postcode",
    "subregion", "cedex", "venue", "street", "house_number",
)  # fmt: skip
MAKERS = {"fr": fr_address, "us": us_address}


def generate(
    split: str, size: int, seed: int = 0, country: Optional[str] = None
) -> Iterator[Tuple[str, List[CharSpan]]]:
    """Make addresses whose localities, dependent localities, venues and streets occur in no other split.

    split (str): "train", "dev" or "test".
    size (int): Number of addresses.
    seed (int): The same arguments give the same addresses, on every machine.
    country (Optional[str]): "us" or "fr". None: both.
    YIELDS (Tuple[str, List[CharSpan]]): A text, and its components as (start, end, label) in characters, in order.
    RAISES (ValueError): An unknown split or country.
    """
    if country is not None and country not in MAKERS:
        raise ValueError(Errors.E513.format(country=country, known=", ".join(MAKERS)))
    names = get_names(split)
    rng = Random(f"{split} {seed} {country}")
    for _ in range(size):
        make = MAKERS[country or rng.choice(sorted(MAKERS))]
        yield render(make(rng, names), rng)
