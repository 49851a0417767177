"""The behaviour asserted by spaCy's spacy/tests/training/test_rehearse.py (MIT)."""
from .util import FACTORY, ents, make_examples


def test_rehearse(trained):
    """Training goes on with a label that is new, while what is known is rehearsed."""
    trained.get_pipe(FACTORY).add_label("UTENSIL")
    known = make_examples(trained)
    new = make_examples(trained, [("Natasha bought new forks.", {"entities": [(0, 7, "PERSON"), (19, 24, "UTENSIL")]})])
    optimizer = trained.resume_training()
    optimizer.learn_rate = 0.01
    for _ in range(30):
        trained.update(new, sgd=optimizer)
        trained.rehearse(known, sgd=optimizer)
    assert ents(trained("Natasha bought new forks.")) == [("Natasha", "PERSON"), ("forks", "UTENSIL")]
