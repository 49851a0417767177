"""Postal addresses of the United States."""
from random import Random
from typing import List

from .names import City, Names
from .pieces import NOISE, Line, Piece, chance, fill, optional, with_care_of

DIRECTIONS = ("N", "S", "E", "W", "N.", "S.", "NW", "SE", "North", "South", "East", "West", "Northeast", "Southwest")
STREET_TYPES = (
    ("Street", "St", "St."), ("Avenue", "Ave", "Ave.", "Av"), ("Boulevard", "Blvd", "Blvd."), ("Road", "Rd", "Rd."),
    ("Drive", "Dr", "Dr."), ("Lane", "Ln", "Ln."), ("Court", "Ct", "Ct."), ("Place", "Pl", "Pl."), ("Way",),
    ("Terrace", "Ter"), ("Circle", "Cir"), ("Parkway", "Pkwy"), ("Highway", "Hwy"), ("Trail", "Trl"),
    ("Square", "Sq"), ("Plaza", "Plz"), ("Loop",), ("Crossing", "Xing"), ("Alley",), ("Pike",),
)  # fmt: skip
NUMBERED_ROADS = (
    "Highway",
    "US Highway",
    "US",
    "State Route",
    "State Road",
    "County Road",
    "Route",
    "Interstate",
    "FM",
)
COUNTRIES = ("USA", "U.S.A.", "United States", "US", "United States of America")
UNITS = (
    "Apt {n}", "Apt. {n}{l}", "Apartment {n}", "apt {l}", "Suite {n}00", "Ste {n}", "Ste. {n}{l}", "Unit {n}",
    "Unit {l}", "# {n}", "#{n}{l}", "Floor {n}", "{n}th Floor", "Fl {n}", "Bldg {l}", "Building {n}", "Rm {n}",
    "Room {n}{l}", "Lot {n}",
)  # fmt: skip
BOXES = ("PO Box {n}", "P.O. Box {n}{n}", "Box {n}", "POB {n}", "RR {n} Box {n}{n}")
CARE_OF = ("c/o {p}", "C/O {p}", "Attn: {p}", "ATTN {p}", "{p}", "Mr. {p}", "Dr. {p}")
VENUES = (
    "{h} Elementary School", "{h} High School", "{h} Middle School", "{h} University", "{h} Community College",
    "{h} Hospital", "{h} Medical Center", "{h} Memorial Library", "{h} Church", "Church of {h}", "{h} Plaza",
    "{h} Mall", "{h} Shopping Center", "{h} Inn", "Hotel {h}", "The {h} Hotel", "{h} Diner", "{h} Pizza", "Cafe {h}",
    "{h} Street Grill", "{h} & Sons", "{h} Brothers", "{h} Law Offices", "{h} Dental Care", "{h} State Park",
    "{h} Stadium", "{h} Airport", "{h} Theater", "Museum of {h}", "{h} Tower", "{h} Apartments",
    "{h} Fire Department", "City Hall of {h}", "{h} Public Library", "{h} County Courthouse", "{h} Bank",
)  # fmt: skip


def us_address(rng: Random, names: Names) -> List[Line]:
    """Make an address.

    rng (Random): Decides everything.
    names (Names): The names that may occur.
    RETURNS (List[Line]): Its lines, each of pieces that stand together.
    """
    city = rng.choice(names.cities)
    street = _street_line(rng, names)
    place = _place_lines(rng, city)
    venue = [[Piece(_venue(rng, names, city), "venue")]]
    area = [[Piece(rng.choice(names.neighborhoods), "dependent_locality")]]
    layout = rng.random()
    if layout < 0.08:  # a box has no street
        lines = [*optional(rng, 0.4, venue), [fill(rng, rng.choice(BOXES))], *place]
    elif layout < 0.16:  # a corner has two, and no number
        corner = [Piece(_street(rng, names), "street"), Piece(rng.choice(("&", "and", "at", "@", "/")), NOISE)]
        lines = [[*corner, Piece(_street(rng, names), "street")], *optional(rng, 0.3, area), *place]
    elif layout < 0.26:
        lines = [*optional(rng, 0.6, venue), *optional(rng, 0.6, area), *place]
    elif layout < 0.36:
        lines = [*place, *optional(rng, 0.4, area), *street, *optional(rng, 0.3, venue)]
    elif layout < 0.46:
        lines = [*street, *venue, *optional(rng, 0.3, area), *place]
    else:
        lines = [*optional(rng, 0.3, venue), *street, *optional(rng, 0.25, area), *place]
    return with_care_of(rng, lines, CARE_OF, names.people)


def _street_line(rng: Random, names: Names) -> List[Line]:
    number = str(rng.randint(1, rng.choice((99, 999, 9999, 29999))))
    number += rng.choice(("A", "B", "-1/2", f"-{rng.randint(10, 99)}")) if chance(rng, 0.1) else ""
    line = [Piece(number, "house_number"), Piece(_street(rng, names), "street")]
    unit = fill(rng, rng.choice(UNITS))
    where = rng.random()
    if where < 0.1:
        return [[unit, *line]]
    if where < 0.2:
        return [[*line, unit]]
    return [line, [unit]] if where < 0.35 else [line]


def _street(rng: Random, names: Names) -> str:
    kind = rng.random()
    if kind < 0.06:
        return f"{rng.choice(NUMBERED_ROADS)} {rng.choice(names.ordinals)[:-2]}"
    if kind < 0.2:
        name = rng.choice(names.ordinals)
    elif kind < 0.34:
        name = rng.choice(names.cities).name
    elif kind < 0.42:
        name = rng.choice(names.states)
    else:
        name = rng.choice(names.us_streets)
    name = _shorten(rng, name)
    type_ = rng.choice(rng.choice(STREET_TYPES))
    before = [rng.choice(DIRECTIONS)] if chance(rng, 0.25) else []
    after = [rng.choice(DIRECTIONS)] if chance(rng, 0.07) else []
    words = [name] if chance(rng, 0.06) else [type_, name] if chance(rng, 0.03) else [name, type_]
    return " ".join([*before, *words, *after])


def _shorten(rng: Random, name: str) -> str:
    if name.startswith("Saint ") and chance(rng, 0.6):
        return rng.choice(("St ", "St. ")) + name[len("Saint ") :]
    return name


def _place_lines(rng: Random, city: City) -> List[Line]:
    locality = Piece(_shorten(rng, city.name), "locality")
    region = Piece(city.state if chance(rng, 0.7) else city.state_name, "region")
    digits = f"{city.zip_prefix}{rng.randint(1, 99):02d}" + (f"-{rng.randint(1, 9999):04d}" if chance(rng, 0.1) else "")
    postcode = Piece(digits, "postcode")
    tail = [*optional(rng, 0.85, [region]), *optional(rng, 0.75, [postcode])]
    if chance(rng, 0.08):
        lines = [[postcode, locality], *optional(rng, 0.7, [[region]])]
    elif chance(rng, 0.65):
        lines = [[locality], *([tail] if tail else [])]
    else:
        lines = [[locality, *tail]]
    county = [[Piece(city.county, "subregion")]]
    country = [[Piece(rng.choice(COUNTRIES), "country")]]
    before = optional(rng, 0.5, county) if chance(rng, 0.12) else []
    after = county if not before and chance(rng, 0.06) else []
    return [*lines[:1], *before, *lines[1:], *after, *optional(rng, 0.3, country)]


def _venue(rng: Random, names: Names, city: City) -> str:
    kind = rng.random()
    if kind < 0.15:
        head = city.name
    elif kind < 0.3:
        head = rng.choice(names.cities).name
    elif kind < 0.45:
        head = rng.choice(names.us_streets)
    else:
        head = rng.choice(names.us_venues)
    return rng.choice(VENUES).format(h=head)
