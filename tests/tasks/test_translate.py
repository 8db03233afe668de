from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen.models import create
from tinygen.models.damage import edge_map, luminance
from tinygen.tasks.translate import source, translate, translates_from

DRAWS = {"pix2pix": {}, "unet": {"task": "edges"}}


def coloured():
    return create("unet", task="colourize", width=4, picture_shape=(3, 32, 32))


@pytest.mark.parametrize("name", DRAWS)
def test_pictures_are_made_of_edges(name, backend):
    tg.manual_seed(0)
    model = create(name, width=4, **DRAWS[name]).to(backend.device)
    pictures = tg.rand(3, 1, 28, 28).to(backend.device)

    edges = source(model, pictures)
    made = translate(model, edges)

    assert translates_from(model) == "edges"
    assert np.array_equal(values(edges), values(edge_map(pictures)))
    assert np.array_equal(values(made), values(model.restore(edges)))
    assert made.device == backend.device


def test_colours_are_made_of_grey():
    tg.manual_seed(0)
    model, pictures = coloured(), tg.rand(3, 3, 32, 32)

    grey = source(model, pictures)
    made = translate(model, grey)

    assert translates_from(model) == "grey"
    assert np.array_equal(grey.numpy(), luminance(pictures).numpy())
    assert made.shape == (3, 3, 32, 32)
    assert np.array_equal(made.numpy(), model.restore(grey).numpy())


@pytest.mark.parametrize(
    ("name", "arguments", "what"),
    [("vae", {}, "vae does not"), ("unet", {"task": "denoise"}, "a UNet that learned 'denoise'")],
)
def test_models_that_do_not_translate_are_refused(name, arguments, what):
    model = create(name, **arguments)

    assert translates_from(model) is None
    for use in (translate, source):
        with pytest.raises(TypeError, match=f"{what}.*Pix2Pix and a UNet with task='edges'"):
            use(model, tg.rand(1, 1, 28, 28))


def test_pictures_of_another_kind_are_refused():
    with pytest.raises(ValueError, match=r"\(N, 1, 32, 32\), got \(1, 3, 32, 32\)"):
        translate(coloured(), tg.rand(1, 3, 32, 32))
