from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import values
from tinygen.io import save_checkpoint
from tinygen.models import VAE, create, from_checkpoint
from tinygen.models.damage import add_noise
from tinygen.models.denoising_vae import DenoisingVAE
from tinygen.optim import Adam

SMALL = {"latent": 3, "hidden": (16,), "picture_shape": (1, 6, 6)}


def new(**more):
    tg.manual_seed(0)
    return DenoisingVAE(**{**SMALL, **more})


def clean_for(model, count=8):
    like = next(model.parameters())
    pictures = np.random.default_rng(0).random((count, *model.picture_shape))
    return tg.tensor(pictures.astype(like.dtype), device=like.device)


def test_without_noise_it_is_a_vae():
    model, plain = new(sigma=0.0), VAE(**SMALL)
    plain.load_state_dict(model.state_dict())
    losses = []
    for one in (model.eval(), plain.eval()):
        tg.manual_seed(1)
        losses.append(one.training_step((clean_for(one), None))[0].item())

    assert losses[0] == losses[1]


def test_the_encoder_sees_noise_and_the_decoder_owes_the_clean_picture():
    model = new(sigma=0.4)
    clean, seen, owed = clean_for(model), [], []
    model.down.register_forward_hook(lambda _, inputs, __: seen.append(values(inputs[0])))
    log_prob = model.likelihood.log_prob

    def watched(parameters, pictures):
        owed.append(values(pictures))
        return log_prob(parameters, pictures)

    model.likelihood.log_prob = watched

    model.training_step((clean, None))
    model.eval().training_step((clean, None))

    assert not np.array_equal(seen[0], clean.numpy())
    assert seen[0].min() >= 0
    assert seen[0].max() <= 1
    assert np.array_equal(seen[1], clean.numpy())
    assert all(np.array_equal(pictures, clean.numpy()) for pictures in owed)


@pytest.mark.parametrize("importance_samples", [1, 3])
def test_every_parameter_has_the_right_slope(importance_samples):
    model = new(sigma=0.3, importance_samples=importance_samples).to(tg.float64)
    batch, chance = (clean_for(model), None), np.random.default_rng(0)

    def loss():
        tg.manual_seed(2)  # the same noise each time
        return model.training_step(batch)[0]

    loss().backward()
    for name, parameter in model.named_parameters():
        direction = chance.standard_normal(parameter.shape)
        direction /= np.linalg.norm(direction)
        around = []
        for sign in (1, -1):
            with tg.no_grad():
                parameter.add_(tg.tensor(sign * 1e-6 * direction))
                around.append(loss().item())
                parameter.sub_(tg.tensor(sign * 1e-6 * direction))
        computed = (parameter.grad.numpy() * direction).sum()
        assert computed == pytest.approx((around[0] - around[1]) / 2e-6, rel=1e-4, abs=1e-7), name


def test_it_learns_to_take_noise_away():
    """Two pictures, and noise: it gives back the nearer of the two, nearly clean."""
    model = new(sigma=0.4, hidden=(32,))
    kinds = np.zeros((2, 1, 6, 6), np.float32)
    kinds[0, 0, :3], kinds[1, 0, 3:] = 1, 1
    clean = tg.tensor(np.tile(kinds, (16, 1, 1, 1)))
    optimizer = Adam(model.parameters(), lr=0.01)
    for _ in range(150):
        loss, _ = model.training_step((clean, None))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    noisy = add_noise(clean, 0.3)
    restored = model.eval().reconstruct(noisy)

    left = ((restored - clean) ** 2).mean().item()
    assert left < 0.1 * ((noisy - clean) ** 2).mean().item()


def test_every_backend_gives_the_same_numbers(backend):
    results = []
    for device in ("cpu", backend.device):
        model = new().to(device)
        tg.manual_seed(1)
        loss, _ = model.training_step((clean_for(model), None))
        results.append((loss.item(), values(model.eval().reconstruct(clean_for(model)))))

    (loss, pictures), (other_loss, other_pictures) = results
    assert loss == pytest.approx(other_loss, rel=1e-4)
    np.testing.assert_allclose(pictures, other_pictures, rtol=1e-3, atol=1e-5)


def test_a_saved_model_restores_the_same(tmp_path):
    model, path = new().eval(), tmp_path / "model.npz"
    arguments = {**SMALL, "hidden": [16], "picture_shape": [1, 6, 6], "sigma": 0.2}
    save_checkpoint(path, model=model, architecture="denoising-vae", arguments=arguments)

    again = from_checkpoint(path)

    assert isinstance(again, DenoisingVAE)
    assert again.sigma == 0.2
    clean = clean_for(model)
    assert np.array_equal(again.reconstruct(clean).numpy(), model.reconstruct(clean).numpy())


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="DenoisingVAE: sigma must be at least 0, got -1"):
        create("denoising-vae", sigma=-1)
    with pytest.raises(ValueError, match="latent must be at least 1, got 0"):
        create("denoising-vae", latent=0)
