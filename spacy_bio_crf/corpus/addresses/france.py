"""Postal addresses of France."""
from random import Random
from typing import List

from .names import Commune, Names
from .pieces import NOISE, Line, Piece, chance, fill, optional, with_care_of

STREET_TYPES = (
    ("rue", "Rue", "r.", "R"), ("rue", "Rue"), ("rue", "Rue"), ("avenue", "Avenue", "av.", "Av", "ave"),
    ("boulevard", "Boulevard", "bd", "Bd", "bld", "boul."), ("place", "Place", "pl.", "Pl"),
    ("chemin", "Chemin", "ch.", "Che"), ("impasse", "Impasse", "imp."), ("allée", "Allée", "all."), ("quai", "Quai"),
    ("route", "Route", "rte"), ("cours", "Cours"), ("square", "Square", "sq."), ("passage", "Passage"),
    ("sentier", "Sentier"), ("rond-point", "Rond-Point"), ("esplanade",),
)  # fmt: skip
COUNTRIES = ("France", "FRANCE", "République française", "FR")
UNITS = (
    "Apt {n}", "Appt {n}", "Appartement {n}", "app. {l}{n}", "Bât. {l}", "Bat {l}", "Bâtiment {n}", "Esc. {n}",
    "Escalier {l}", "{n}e étage", "étage {n}", "Porte {l}", "Hall {n}", "Lot {n}", "Boîte {n}", "rez-de-chaussée",
)  # fmt: skip
BOXES = ("BP {n}", "B.P. {n}{n}", "CS {n}00{n}", "TSA {n}0", "Boîte postale {n}", "Cidex {n}")
CARE_OF = ("chez {p}", "c/o {p}", "M. {p}", "Mme {p}", "À l'attention de {p}", "{p}")
VENUES = (
    "Lycée {h}", "Collège {h}", "École {h}", "École maternelle {h}", "Université {h}", "Hôpital {h}", "Clinique {h}",
    "Hôtel {h}", "Hôtel-Restaurant {h}", "Restaurant {h}", "Brasserie {h}", "Pharmacie {h}", "Boulangerie {h}",
    "Garage {h}", "Librairie {h}", "Résidence {h}", "Résidence {h}", "Villa {h}", "Camping {h}", "Musée {h}",
    "Stade {h}", "Gymnase {h}", "Théâtre {h}", "Cinéma {h}", "Centre commercial {h}", "Espace {h}", "Médiathèque {h}",
    "Cabinet {h}", "Étude {h}", "Ets {h}", "Église {h}", "Le Relais {h}",
)  # fmt: skip
CIVIC_VENUES = (
    "Mairie", "Gare", "Hôtel de Ville", "Préfecture", "Aéroport", "Office de tourisme", "Palais de justice",
    "Musée", "CHU",
)  # fmt: skip


def fr_address(rng: Random, names: Names) -> List[Line]:
    """Make an address.

    rng (Random): Decides everything.
    names (Names): The names that may occur.
    RETURNS (List[Line]): Its lines, each of pieces that stand together.
    """
    commune = rng.choice(names.communes)
    street = _street_lines(rng, names)
    place = _place_lines(rng, commune)
    venue = [[Piece(_venue(rng, names, commune), "venue")]]
    area = [_area(rng, names)]
    box = [[fill(rng, rng.choice(BOXES))]]
    layout = rng.random()
    if layout < 0.1:
        lines = [*optional(rng, 0.6, venue), *area, *place]
    elif layout < 0.18:
        lines = [*venue, *box, *place]
    elif layout < 0.28:
        lines = [*place, *optional(rng, 0.4, area), *street, *optional(rng, 0.2, venue)]
    elif layout < 0.36:
        lines = [*street, *venue, *place]
    else:
        lines = [*optional(rng, 0.3, venue), *street, *optional(rng, 0.22, area), *optional(rng, 0.12, box), *place]
    return with_care_of(rng, lines, CARE_OF, names.people)


def of(name: str) -> str:
    """Put "de" before a name as French does: "de Lyon", "d'Orléans", "du Mans", "des Sables-d'Olonne"."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return contracted + name[len(article) :]
    return f"d'{name}" if name[0] in "AÀEÉÈIÎOUYH" else f"de {name}"


def _street_lines(rng: Random, names: Names) -> List[Line]:
    number = str(rng.randint(1, rng.choice((30, 99, 450))))
    suffix = (
        rng.choice((" bis", "bis", " ter", "B", " B", " quater", f"-{int(number) + 2}")) if chance(rng, 0.15) else ""
    )
    house, street = Piece(number + suffix, "house_number"), Piece(_street(rng, names), "street")
    lines = [[house], [street]] if chance(rng, 0.2) else [[house, street]]  # "3, rue ..." is common
    if chance(rng, 0.12):
        lines = [[street]]
    unit = [[fill(rng, rng.choice(UNITS))]]
    return [*optional(rng, 0.15, unit), *lines, *optional(rng, 0.12, unit)]


def _street(rng: Random, names: Names) -> str:
    kind = rng.random()
    if kind < 0.22:
        name = of(rng.choice(names.communes).name)
    elif kind < 0.28:
        name = rng.choice(names.quarters)
    else:
        name = rng.choice(names.fr_streets)
    if chance(rng, 0.3):
        name = (
            name.replace("Saint-", "St-")
            .replace("Sainte-", "Ste-")
            .replace("Général", "Gal")
            .replace("Maréchal", "Mal")
        )
    return f"{rng.choice(rng.choice(STREET_TYPES))} {name}"


def _place_lines(rng: Random, commune: Commune) -> List[Line]:
    name = commune.name
    if chance(rng, 0.2):
        name = name.replace("Saint-", rng.choice(("St-", "St ", "St. ", "Saint ")))
    if chance(rng, 0.15):
        name = name.replace("-", " ")
    locality = Piece(name, "locality")
    free = 5 - len(commune.postcode_prefix)
    digits = commune.postcode_prefix + f"{rng.randint(0, 10**free - 1):0{free}d}"
    digits = digits[:2] + " " + digits[2:] if chance(rng, 0.04) else digits
    postcode = Piece(digits, "postcode")
    cedex = Piece(
        rng.choice(("Cedex", "CEDEX", "cedex")) + (f" {rng.randint(1, 19):02d}" if chance(rng, 0.6) else ""), "cedex"
    )
    line = [*optional(rng, 0.85, [postcode]), locality, *optional(rng, 0.18, [cedex])]
    if chance(rng, 0.06):
        line = [locality, postcode]
    department = [[Piece(commune.departement, "subregion")]]
    region = [[Piece(commune.region, "region")]]
    country = [[Piece(rng.choice(COUNTRIES), "country")]]
    return [line, *optional(rng, 0.15, department), *optional(rng, 0.15, region), *optional(rng, 0.3, country)]


def _area(rng: Random, names: Names) -> Line:
    before = Piece(rng.choice(("lieu-dit", "Lieu dit", "quartier", "Quartier", "hameau", "ZAC", "Hameau de")), NOISE)
    return [*optional(rng, 0.4, [before]), Piece(rng.choice(names.quarters), "dependent_locality")]


def _venue(rng: Random, names: Names, commune: Commune) -> str:
    kind = rng.random()
    if kind < 0.2:
        return f"{rng.choice(CIVIC_VENUES)} {of(commune.name)}"
    if kind < 0.35:
        return rng.choice(VENUES).format(h=rng.choice(names.fr_streets))
    return rng.choice(VENUES).format(h=rng.choice(names.fr_venues))
