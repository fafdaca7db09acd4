"""The known photos that speak for an answer: their votes are those of the decision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoguess_app.core.explain.activation import CellTarget, SceneTarget, look_at
from geoguess_app.core.explain.alike import bank_votes, look_alikes
from tests.core.explained import CHINA, FITTED, plain, save, two_cells
from tests.core.tiny_bundle import make_parts, shared_parts

pytestmark = pytest.mark.usefixtures("one_thread")


def test_votes_are_those_of_the_decision(tmp_path: Path) -> None:
    predictor = save(shared_parts().but(calibration=FITTED), tmp_path / "b")
    look = look_at(predictor, CHINA)
    found = look_alikes(look, count=5)
    assert found is not None
    assert [a.bank_index for a in found.nearest] == [
        n.bank_index for n in look.prediction.neighbours[:5]
    ]
    assert [a.rank for a in found.nearest] == [1, 2, 3, 4, 5]
    # Taking the bank away takes exactly these votes off the cells.
    model = predictor.decision_model
    alone = predictor.answer(look.raw, replace(model, bank=None)).cell_probabilities["combined"]
    together = look.prediction.cell_probabilities["combined"]
    votes = np.bincount(model.bank.fine_class, bank_votes(look), len(together))  # type: ignore[union-attr]
    np.testing.assert_allclose((1 - found.votes) * alone + votes, together, atol=1e-9)
    answer = look.prediction.candidates[0].cell_index
    assert found.part_of_chance == pytest.approx(votes[answer] / together[answer])
    assert all(a.here == (model.bank.fine_class[a.bank_index] == answer) for a in found.nearest)  # type: ignore[union-attr]


def test_look_alikes_of_another_place_lie_there(tmp_path: Path) -> None:
    predictor = save(shared_parts().but(calibration=FITTED), tmp_path / "b")
    look = look_at(predictor, CHINA)
    model = predictor.decision_model
    bank = model.bank
    assert bank is not None
    cell = int(bank.fine_class[3])
    found = look_alikes(look, CellTarget("combined", cell))
    assert found is not None
    assert 3 in [a.bank_index for a in found.there]
    assert all(bank.fine_class[a.bank_index] == cell for a in found.there)
    similar = [a.similarity for a in found.there]
    assert similar == sorted(similar, reverse=True)
    coarse = int(model.hierarchy.ancestors[0][cell])
    wider = look_alikes(look, CellTarget("coarse", coarse), count=40)
    assert wider is not None
    assert {a.bank_index for a in found.there} <= {a.bank_index for a in wider.there}
    assert wider.part_of_chance is None
    with pytest.raises(ValueError, match="is not a place"):
        look_alikes(look, SceneTarget("s3", 0))
    only = two_cells()
    without = look_at(save(make_parts(plain((only,)), (only,), 3), tmp_path / "none"), CHINA)
    assert look_alikes(without) is None
