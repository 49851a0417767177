"""The names that addresses are made of, divided between the splits before any address is made.

A name falls to a split by a hash of its letters, whatever list it stands in: "Lincoln" the city, the street and the
school are all unseen in the other splits. Regions, subregions and countries are few and known, and so in all splits.
"""
import hashlib
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import List, NamedTuple, Tuple

from ...errors import Errors

SPLITS = {"train": 60, "dev": 20, "test": 20}  # percent of the names
DATA = Path(__file__).parent / "data"


class City(NamedTuple):
    name: str
    state: str
    state_name: str
    zip_prefix: str
    county: str


class Commune(NamedTuple):
    name: str
    departement: str
    region: str
    postcode_prefix: str


class Names(NamedTuple):
    """The names of one split."""

    cities: List[City]
    states: List[str]  # as names of streets
    us_streets: List[str]
    ordinals: List[str]
    neighborhoods: List[str]
    us_venues: List[str]
    communes: List[Commune]
    fr_streets: List[str]
    quarters: List[str]
    fr_venues: List[str]
    people: List[str]


def split_of(name: str) -> str:
    """The split that a name belongs to, on every machine and in every run."""
    point = int.from_bytes(hashlib.sha256(fold(name).encode()).digest()[:4], "big") % 100
    for split, share in SPLITS.items():
        point -= share
        if point < 0:
            return split
    raise AssertionError("the shares make a hundred")


def fold(name: str) -> str:
    """The letters and digits of a name, without accents, in lower case."""
    return "".join(char for char in unicodedata.normalize("NFKD", name).casefold() if char.isalnum())


@lru_cache(maxsize=None)
def get_names(split: str) -> Names:
    """RAISES (ValueError): There is no such split."""
    if split not in SPLITS:
        raise ValueError(Errors.E512.format(split=split, known=", ".join(SPLITS)))

    def of_split(rows):
        return [row for row in rows if split_of(row if isinstance(row, str) else row[0]) == split]

    cities = [City(*row) for row in _table("us_cities.tsv")]
    return Names(
        cities=of_split(cities),
        states=of_split(sorted({city.state_name for city in cities} - {"West Virginia"})),  # or Virginia, in the west
        us_streets=of_split(_list("us_streets.txt")),
        ordinals=of_split(_ordinal(number) for number in range(1, 200)),
        neighborhoods=of_split(_list("us_neighborhoods.txt")),
        us_venues=of_split(_list("us_venue_heads.txt")),
        communes=of_split([Commune(*row) for row in _table("fr_communes.tsv")]),
        fr_streets=of_split(_list("fr_streets.txt")),
        quarters=of_split(_list("fr_quarters.txt")),
        fr_venues=of_split(_list("fr_venue_heads.txt")),
        people=_list("people.txt"),
    )


def _list(file: str) -> List[str]:
    return (DATA / file).read_text(encoding="utf-8").splitlines()


def _table(file: str) -> List[Tuple[str, ...]]:
    return [tuple(line.split("\t")) for line in _list(file)[1:]]


def _ordinal(number: int) -> str:
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
