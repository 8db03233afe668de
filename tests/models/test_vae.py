from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.io import CheckpointError, save_checkpoint
from tinygen.models.likelihood import LIKELIHOODS
from tinygen.models.vae import VAE, ConvVAE, gaussian_kl
from tinygen.optim import Adam


def tiny_vae(**options):
    return VAE(**{"latent": 2, "hidden": [5], "picture_shape": [1, 4, 4], **options})


def tiny_conv_vae(**options):
    sizes = {"latent": 2, "channels": [4, 8], "hidden": 8, "picture_shape": [1, 4, 4]}
    return ConvVAE(**{**sizes, **options})


@pytest.fixture(params=[tiny_vae, tiny_conv_vae])
def tiny(request):
    """A function that makes a tiny model."""
    tg.manual_seed(0)
    return request.param


def pictures_like(model, count, dtype=np.float32):
    pictures = np.random.default_rng(0).random((count, *model.picture_shape))
    return tg.tensor(pictures.astype(dtype))


def labels_of(model, count):
    return None if model.classes is None else tg.tensor([n % model.classes for n in range(count)])


def batch_for(model, count, dtype=np.float32):
    return pictures_like(model, count, dtype), tg.tensor([n % 3 for n in range(count)])


def set_code(model, mu, logvar):
    """Let the encoder say the same of every picture."""
    last = list(model.encoder)[-1]
    with tg.no_grad():
        last.weight.zero_()
        last.bias.copy_(tg.tensor([mu] * model.latent + [logvar] * model.latent))


def see_inputs(module):
    """A list of what a module is called with, from now on."""
    seen = []
    module.register_forward_pre_hook(lambda _, args: seen.append(args[0].detach().numpy()))
    return seen


def values(tensor):
    return tensor.detach().cpu().numpy()


# ---- the networks --------------------------------------------------------------------------------


def matrices(model):
    return [p.shape for name, p in model.named_parameters() if name.endswith("weight")]


def test_the_dense_model_has_the_layers_of_the_published_ones():
    assert matrices(VAE()) == [(400, 784), (2 * 20, 400), (400, 20), (784, 400)]
    assert matrices(VAE(latent=50, hidden=(200, 200), activation="tanh")) == [
        (200, 784), (200, 200), (2 * 50, 200), (200, 50), (200, 200), (784, 200)
    ]  # fmt: skip


def test_a_grey_in_the_middle_says_nothing_to_the_first_convolution():
    """Were pixels not centred, brightness would drown what differs between colours."""
    model = ConvVAE(picture_shape=(3, 8, 8), channels=(4,))
    centred, first = model.down[0], model.down[1]

    maps = values(first(centred(tg.full((1, 3, 8, 8), 0.5))))

    np.testing.assert_array_equal(maps.max((0, 2, 3)), values(first.bias))
    np.testing.assert_array_equal(maps.min((0, 2, 3)), values(first.bias))


def test_the_convolutional_model_narrows_towards_the_code_and_widens_again():
    model = ConvVAE(picture_shape=(3, 32, 32), likelihood="gaussian-pixelwise")

    assert matrices(model) == [
        (32, 3, 4, 4), (64, 32, 4, 4), (256, 64 * 8 * 8), (2 * 20, 256),
        (256, 20), (64 * 8 * 8, 256), (64, 32, 4, 4), (32, 2 * 3, 4, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
@pytest.mark.parametrize("kind", [VAE, ConvVAE])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_every_likelihood_fits_grey_digits_and_small_colour_pictures(kind, likelihood, shape):
    model = kind(likelihood=likelihood, picture_shape=shape)
    pictures = pictures_like(model, 2)

    parameters, mu, logvar = model(pictures)

    assert mu.shape == logvar.shape == (2, 20)
    assert model.likelihood.log_prob(parameters, pictures).shape == (2,)
    assert model.sample(3).shape == (3, *shape)
    assert model.latent < math.prod(shape)


def test_there_is_no_activation_behind_encoder_and_decoder(tiny):
    """Heads that end in a ReLU have no negative mu and no sigma below 1."""
    model = tiny().to(tg.float64)
    pictures, z = pictures_like(model, 3, np.float64), tg.randn(3, 2, dtype=np.float64)
    before = [*model.encode(pictures), model.decode_parameters(z)]

    for part in (model.encoder, model.up if isinstance(model, ConvVAE) else model.decoder):
        last = list(part)[-1]
        with tg.no_grad():
            last.weight.mul_(-3)
            last.bias.mul_(-3)

    after = [*model.encode(pictures), model.decode_parameters(z)]
    for old, new in zip(before, after, strict=True):
        assert values(old).min() * values(new).min() != 0
        np.testing.assert_allclose(values(new), -3 * values(old), rtol=1e-9)


@pytest.mark.parametrize("classes", [None, 3])
def test_every_backend_gives_the_same_numbers(tiny, classes, backend):
    def outputs(device):
        tg.manual_seed(0)
        model = tiny(classes=classes, binarize=True, warm_up=2).to(device)
        pictures, labels = (part.to(device) for part in batch_for(model, 4))
        told = labels if classes else None
        model.training_step((pictures, labels))
        loss, numbers = model.training_step((pictures, labels))
        return [
            loss, *numbers.values(), *model.encode(pictures, told), *model.elbo(pictures, told, 3),
            model.reconstruct(pictures, told), model.sample(5), model.sample(5, pixels=True),
            model.importance_weighted_bound(pictures, 3, told),
            model.log_likelihood(pictures, told, samples=10, chunk=7),
        ]  # fmt: skip

    for expected, computed in zip(outputs("cpu"), outputs(backend.device), strict=True):
        assert computed.dtype == np.float32
        assert computed.device == backend.device
        np.testing.assert_allclose(values(computed), values(expected), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"classes": 3, "beta": 0.7},
        {"likelihood": "gaussian-learned"},
        {"likelihood": "gaussian-pixelwise", "importance_samples": 3},
    ],
)
def test_every_parameter_has_the_right_slope(tiny, options):
    model = tiny(**options).to(tg.float64)
    batch = batch_for(model, 3, np.float64)

    model.training_step(batch)[0].backward()

    assert all(np.abs(values(parameter.grad)).max() > 0 for parameter in model.parameters())
    assert tg.gradcheck(
        lambda *_: model.training_step(batch)[0], list(model.parameters()), eps=1e-5, rtol=1e-6,
        atol=1e-8, fast_mode=True,
    )  # fmt: skip


# ---- codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mu", "logvar", "kl"),
    [
        (0, 0, 0),
        (5, 0, 12.5),
        (0, 2, (math.exp(2) - 3) / 2),
        (0, -10, (9 + math.exp(-10)) / 2),
    ],
)
def test_the_divergence_has_its_known_values(mu, logvar, kl):
    assert gaussian_kl(tg.full((1, 1), float(mu)), tg.full((1, 1), float(logvar))).item() == (
        pytest.approx(kl, rel=1e-6)
    )


def test_the_divergence_is_never_negative():
    logvar = tg.linspace(-30, 10, 401, dtype=np.float64).unsqueeze(1)

    kl = gaussian_kl(tg.zeros_like(logvar), logvar)

    assert kl.min().item() >= 0
    assert kl.argmin().item() == 300  # where logvar is 0


def test_the_divergence_is_the_mean_of_the_log_ratio():
    chance = np.random.default_rng(0)
    mu, logvar = chance.normal(size=4), chance.normal(size=4)
    z = mu + np.exp(logvar / 2) * chance.normal(size=(200_000, 4))
    log_q = (-0.5 * (z - mu) ** 2 / np.exp(logvar) - 0.5 * logvar).sum(axis=1)
    log_p = (-0.5 * z**2).sum(axis=1)
    ratio = log_q - log_p

    kl = gaussian_kl(tg.tensor(mu).unsqueeze(0), tg.tensor(logvar).unsqueeze(0))

    error = 4 * ratio.std() / math.sqrt(len(ratio))
    assert kl.item() == pytest.approx(ratio.mean(), abs=error)


def test_the_divergence_has_the_right_gradient():
    mu, logvar = (tg.randn(3, 4, dtype=np.float64, requires_grad=True) for _ in range(2))

    assert tg.gradcheck(gaussian_kl, [mu, logvar], eps=1e-5, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("samples", [1, 4])
def test_codes_are_drawn_with_the_mean_and_the_variance_that_the_encoder_says(tiny, samples):
    """By exp(logvar) instead of exp(logvar / 2) the variance would be 0.25 here, not 0.5."""
    model, count = tiny(importance_samples=samples), 10_000
    set_code(model, mu=1.5, logvar=math.log(0.5))
    seen = see_inputs(model.decoder)

    model.training_step(batch_for(model, count))

    (z,) = seen
    assert z.shape == (samples * count, 2)
    np.testing.assert_allclose(z.mean(axis=0), 1.5, atol=4 * math.sqrt(0.5 / len(z)))
    np.testing.assert_allclose(z.var(axis=0), 0.5, rtol=4 * math.sqrt(2 / len(z)))
    assert abs(np.corrcoef(z.T)[0, 1]) < 4 / math.sqrt(len(z))


def test_the_reconstruction_alone_has_a_slope_by_the_variance(tiny):
    """A decoder that is fed the mean makes a plain autoencoder, in which it has none."""
    model = tiny(beta=0.0)

    loss, _ = model.training_step(batch_for(model, 8))
    loss.backward()

    slopes = list(model.encoder)[-1].weight.grad.numpy()
    assert np.abs(slopes[:2]).max() > 0
    assert np.abs(slopes[2:]).max() > 0


def test_a_picture_is_reconstructed_otherwise_each_time_but_by_its_mean_code_always_alike(tiny):
    model = tiny()
    set_code(model, mu=0.5, logvar=0.0)
    pictures = pictures_like(model, 2)
    mean = model.reconstruct(pictures).numpy()

    first, second = (values(model.likelihood.mean(model(pictures)[0])) for _ in range(2))

    assert not np.array_equal(first, second)
    assert not np.array_equal(first, mean)
    assert np.array_equal(mean, model.reconstruct(pictures).numpy())
    assert np.array_equal(mean, values(model.decode(tg.full((2, 2), 0.5))))


def test_gradients_flow_through_encode_and_decode_only(tiny):
    model = tiny()
    pictures = pictures_like(model, 2).requires_grad_()
    z = tg.randn(2, 2, requires_grad=True)

    (model.encode(pictures)[0].sum() + model.decode(z).sum()).backward()

    assert np.abs(pictures.grad.numpy()).max() > 0
    assert np.abs(z.grad.numpy()).max() > 0
    assert not model.reconstruct(pictures).requires_grad
    assert not model.elbo(pictures).bound.requires_grad
    assert not model.sample(1).requires_grad


# ---- the loss ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [VAE, ConvVAE])
def test_at_first_a_pixel_costs_a_bit(kind):
    tg.manual_seed(0)
    model = kind()

    loss, numbers = model.training_step(batch_for(model, 16))

    assert loss.item() == pytest.approx(784 * math.log(2), rel=0.02)
    assert numbers["kl"].item() < 3


def test_the_loss_is_reconstruction_plus_weighted_divergence(tiny):
    model = tiny(beta=0.25)
    set_code(model, mu=1.0, logvar=0.0)

    loss, numbers = model.training_step(batch_for(model, 4))

    assert set(numbers) == {"reconstruction", "kl"}
    assert numbers["kl"].item() == pytest.approx(2 * 0.5)  # summed over two latents
    assert loss.item() == pytest.approx(numbers["reconstruction"].item() + 0.25, rel=1e-6)


def test_the_numbers_are_the_parts_of_the_elbo(tiny):
    model = tiny(beta=0.1).to(tg.float64)
    set_code(model, mu=1.0, logvar=-40.0)  # so sure that nothing is left to chance
    batch = batch_for(model, 4, np.float64)

    _, numbers = model.training_step(batch)
    parts = model.elbo(batch[0])

    assert parts.reconstruction.shape == parts.kl.shape == (4,)
    for name, value in numbers.items():
        assert getattr(parts, name).mean().item() == pytest.approx(value.item(), rel=1e-6)
    log_prob = model.likelihood.log_prob(model.decode_parameters(tg.ones(4, 2).double()), batch[0])
    np.testing.assert_allclose(values(parts.bound), values(log_prob - parts.kl), rtol=1e-6)


def test_the_loss_does_not_grow_with_the_batch(tiny):
    model = tiny().to(tg.float64)
    set_code(model, mu=1.0, logvar=-40.0)
    pictures, labels = batch_for(model, 4, np.float64)

    once, _ = model.training_step((pictures, labels))
    thrice, _ = model.training_step((tg.cat([pictures] * 3), tg.cat([labels] * 3)))

    assert thrice.item() == pytest.approx(once.item(), rel=1e-6)


def test_the_weight_of_the_divergence_rises_to_beta_in_training(tiny):
    model = tiny(beta=2.0, warm_up=4)
    set_code(model, mu=1.0, logvar=0.0)  # a divergence of 1

    def weight():
        loss, numbers = model.training_step(batch_for(model, 4))
        assert loss.dtype == np.float32
        return loss.item() - numbers["reconstruction"].item()

    weights = [weight() for _ in range(3)]
    in_evaluation = [model.eval() and weight() for _ in range(2)]
    model.train()
    weights += [weight() for _ in range(3)]

    np.testing.assert_allclose(weights, [0, 0.5, 1, 1.5, 2, 2], atol=1e-5)
    np.testing.assert_allclose(in_evaluation, [2, 2], atol=1e-5)


@pytest.mark.parametrize("mode", [True, False])
def test_pixels_are_drawn_anew_from_grey_values_at_each_step(tiny, mode):
    model = tiny(binarize=True).train(mode)
    seen, grey = see_inputs(model.down), tg.full((5000, 1, 4, 4), 0.3)

    for _ in range(2):
        model.training_step((grey, tg.zeros(5000, dtype=np.int64)))

    first, second = seen
    assert set(np.unique(first)) == {0.0, 1.0}
    assert np.abs(first.mean(axis=0) - 0.3).max() < 4 * math.sqrt(0.3 * 0.7 / 5000)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("options", [{}, {"classes": 3}, {"importance_samples": 4}])
def test_it_learns_twenty_pictures_by_heart(tiny, options):
    """Who knows only how often each pixel is white needs 42 nats to say what a picture is."""
    sizes = {"hidden": [64]} if tiny is tiny_vae else {"hidden": 64, "channels": [16]}
    model = tiny(latent=8, picture_shape=[1, 8, 8], **sizes, **options)
    pictures = (pictures_like(model, 20) > 0.5).float()
    labels = tg.tensor([n % 3 for n in range(20)])
    optimizer = Adam(model.parameters(), lr=0.01)

    losses = []
    for _ in range(200):
        loss, _ = model.training_step((pictures, labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[0] == pytest.approx(64 * math.log(2), rel=0.05)
    assert np.mean(losses[-10:]) < 16
    learned = model.reconstruct(pictures, labels if model.classes else None)
    assert ((learned > 0.5) == (pictures > 0.5)).float().mean().item() > 0.98


# ---- bounds and likelihoods ----------------------------------------------------------------------


def one_dimensional_model():
    """A model whose codes are single numbers, so that one can integrate over them."""
    tg.manual_seed(0)
    model = tiny_vae(latent=1, picture_shape=[1, 2, 2]).to(tg.float64)
    with tg.no_grad():
        for layer in (list(model.decoder)[0], list(model.decoder)[-1]):
            layer.weight.mul_(4)
    set_code(model, mu=0.5, logvar=1.0)
    return model


def integrated(model, pictures):
    """``log of the integral of p(z) p(x | z)`` on a fine grid, and how uneven the weights are.

    The second is the standard deviation of a weight p(x, z) / q(z | x), over its mean.
    """
    grid = np.linspace(-12, 12, 4001)
    step = grid[1] - grid[0]
    logits = values(model.decode_parameters(tg.tensor(grid).unsqueeze(1))).reshape(-1, 1, 4)
    pixels = pictures.numpy().reshape(1, -1, 4)
    given_z = np.exp((pixels * logits - np.log1p(np.exp(logits))).sum(axis=2))
    joint = given_z * normal_density(grid, 0, 1)[:, None]
    proposal = normal_density(grid, 0.5, math.exp(0.5))[:, None]
    likelihood = joint.sum(axis=0) * step
    square = (joint**2 / proposal).sum(axis=0) * step
    return np.log(likelihood), np.sqrt(square / likelihood**2 - 1)


def normal_density(x, mean, std):
    return np.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def binary_pictures():
    return tg.tensor(np.float64([[0, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0]])).reshape(3, 1, 2, 2)


@pytest.mark.parametrize(("samples", "chunk"), [(500, 2), (3000, 10), (8000, 1000), (8000, 10**6)])
def test_the_log_likelihood_is_the_integral_over_all_codes(samples, chunk):
    model, pictures = one_dimensional_model(), binary_pictures()

    estimate = model.log_likelihood(pictures, samples=samples, chunk=chunk)

    expected, spread = integrated(model, pictures)
    assert np.ptp(expected) > 0.2
    assert np.all(np.abs(estimate.numpy() - expected) < 4 * spread / math.sqrt(samples))
    assert np.all(spread < 3)


@pytest.mark.parametrize(("count", "samples"), [(3, 50), (25, 7)])
def test_no_more_codes_are_decoded_at_once_than_asked_for(tiny, count, samples):
    model = tiny()
    seen = see_inputs(model.decoder)

    model.log_likelihood(pictures_like(model, count), samples=samples, chunk=10)

    assert max(len(z) for z in seen) <= 10
    assert sum(len(z) for z in seen) == count * samples


def test_of_few_samples_the_log_likelihood_is_the_importance_weighted_bound():
    model, pictures = one_dimensional_model(), binary_pictures()

    tg.manual_seed(1)
    at_once = model.log_likelihood(pictures, samples=5, chunk=15)
    tg.manual_seed(1)
    bound = model.importance_weighted_bound(pictures, k=5)

    np.testing.assert_allclose(at_once.numpy(), values(bound), rtol=1e-12)


def test_the_bound_rises_with_the_samples_towards_the_log_likelihood():
    model, count = one_dimensional_model(), 20_000
    picture = binary_pictures()[1:2]
    exact, _ = integrated(model, picture)
    many = tg.cat([picture] * count)

    bounds = [values(model.elbo(many).bound)]
    bounds += [values(model.importance_weighted_bound(many, k)) for k in (1, 3, 10)]
    errors = [4 * bound.std() / math.sqrt(count) for bound in bounds]

    elbo, one, three, ten = (bound.mean() for bound in bounds)
    assert one == pytest.approx(elbo, abs=errors[0] + errors[1])
    assert one + errors[1] < three - errors[2]
    assert three + errors[2] < ten - errors[3]
    assert ten - errors[3] < exact.item()


def test_with_importance_samples_the_loss_is_minus_their_bound(tiny):
    model = tiny(importance_samples=4)
    batch = batch_for(model, 6)

    tg.manual_seed(1)
    loss, numbers = model.training_step(batch)
    tg.manual_seed(1)
    bound = model.importance_weighted_bound(batch[0], k=4)

    assert loss.item() == pytest.approx(-bound.mean().item(), rel=1e-6)
    assert numbers["kl"].item() == pytest.approx(model.elbo(batch[0]).kl.mean().item(), rel=1e-5)


def test_averaged_over_codes_the_elbo_is_less_uncertain():
    model = one_dimensional_model()
    many = tg.cat([binary_pictures()[1:2]] * 500)

    few, more = (model.elbo(many, samples=samples).reconstruction for samples in (1, 25))

    assert more.mean().item() == pytest.approx(few.mean().item(), abs=0.2)
    assert few.std().item() / more.std().item() == pytest.approx(5, rel=0.2)


# ---- new pictures --------------------------------------------------------------------------------


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_samples_are_pictures_and_differ(tiny, likelihood):
    model = tiny(likelihood=likelihood, std=1.0)

    for pixels in (False, True):
        pictures = model.sample(50, pixels=pixels).numpy()
        assert pictures.shape == (50, 1, 4, 4)
        assert pictures.dtype == np.float32
        assert pictures.min() >= 0
        assert pictures.max() <= 1
        assert np.ptp(pictures, axis=0).min() > 0


def test_a_seed_means_the_same_samples(tiny):
    model = tiny()

    def sampled(seed):
        tg.manual_seed(seed)
        return model.sample(4).numpy()

    assert np.array_equal(sampled(1), sampled(1))
    assert not np.array_equal(sampled(1), sampled(2))


def test_samples_are_means_or_drawn_pixels(tiny):
    model = tiny()

    tg.manual_seed(1)
    z = tg.randn(4, 2)
    tg.manual_seed(1)
    means = model.sample(4).numpy()

    np.testing.assert_allclose(means, values(model.decode(z)), rtol=1e-6)
    assert set(np.unique(model.sample(50, pixels=True).numpy())) == {0.0, 1.0}


def test_a_conditional_model_draws_the_classes_in_turn_or_as_told(tiny):
    model = tiny(classes=3)

    def sampled(labels):
        tg.manual_seed(1)
        return model.sample(5, labels).numpy()

    assert np.array_equal(sampled(None), sampled([0, 1, 2, 0, 1]))
    assert np.array_equal(sampled(np.array([2] * 5)), sampled(tg.tensor([2] * 5)))
    assert not np.array_equal(sampled([2] * 5), sampled([1] * 5))


def test_labels_reach_the_encoder_of_a_conditional_model_only(tiny):
    conditional, other = tiny(classes=3), tiny()
    pictures = pictures_like(other, 2)

    first, second = (values(conditional.encode(pictures, [label] * 2)[0]) for label in (0, 1))
    assert not np.array_equal(first, second)

    tg.manual_seed(1)
    loss, _ = other.training_step((pictures, tg.tensor([0, 1])))
    tg.manual_seed(1)
    again, _ = other.training_step((pictures, tg.tensor([2, 5])))
    assert loss.item() == again.item()


@pytest.mark.parametrize("options", [{}, {"classes": 3, "likelihood": "gaussian-learned"}])
def test_a_saved_model_gives_the_same_samples_and_goes_on_where_it_was(tiny, options, tmp_path):
    arguments = {"picture_shape": [1, 8, 8], "warm_up": 10, **options}
    model = tiny(**arguments)
    if "likelihood" in options:
        with tg.no_grad():
            model.likelihood.log_std.fill_(-1.5)
    for _ in range(3):
        model.training_step(batch_for(model, 4))
    path = tmp_path / "model.npz"
    made_with = {"latent": 2, **arguments}
    made_with |= {"hidden": [5]} if isinstance(model, VAE) else {"channels": [4, 8], "hidden": 8}
    save_checkpoint(path, model=model, architecture=model.name, arguments=made_with)

    again = type(model).from_checkpoint(path)

    assert again.steps.item() == 3
    for pixels in (False, True):
        tg.manual_seed(1)
        expected = model.sample(6, pixels=pixels).numpy()
        tg.manual_seed(1)
        assert np.array_equal(again.sample(6, pixels=pixels).numpy(), expected)


def test_the_checkpoint_of_another_model_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    save_checkpoint(path, model=tiny_vae(), architecture="vae", arguments={})

    with pytest.raises(CheckpointError, match="holds a 'vae', not a 'conv-vae'"):
        ConvVAE.from_checkpoint(path)


# ---- what makes no sense -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: VAE(likelihood="gausian"), "did you mean 'gaussian'"),
        (lambda: VAE(activation="sigmoid"), "activation is one of relu, tanh, got 'sigmoid'"),
        (lambda: VAE(latent=0), "latent must be at least 1, got 0"),
        (lambda: VAE(classes=0), "classes must be at least 1"),
        (lambda: VAE(beta=-1.0), "beta must be at least 0"),
        (lambda: VAE(warm_up=-1), "warm_up must be at least 0"),
        (lambda: VAE(importance_samples=0), "importance_samples must be at least 1"),
        (lambda: VAE(importance_samples=5, beta=2.0), "no divergence apart"),
        (lambda: VAE(importance_samples=5, warm_up=100), "no divergence apart"),
        (lambda: VAE(likelihood="gaussian", std=-1.0), "deviation is positive"),
        (lambda: ConvVAE(picture_shape=(1, 30, 28)), "4 must divide them, got 30 x 28"),
    ],
)
def test_a_model_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda model: model.encode(tg.rand(2, 3, 4, 4)), ValueError, r"\(N, 1, 4, 4\)"),
        (lambda model: model.encode(tg.full((2, 1, 4, 4), 9.0)), ValueError, "divide bytes"),
        (lambda model: model.encode(tg.zeros(2, 1, 4, 4, dtype=np.uint8)), TypeError, "floats"),
        (lambda model: model.elbo(tg.rand(2, 3, 4, 4)), ValueError, r"\(N, 1, 4, 4\)"),
        (lambda model: model.log_likelihood(-tg.rand(2, 1, 4, 4)), ValueError, "from 0 to 1"),
        (lambda model: model.importance_weighted_bound(tg.rand(1, 1, 4, 4), 0), ValueError,
         "k must be at least 1"),
        (lambda model: model.elbo(tg.rand(1, 1, 4, 4), samples=0), ValueError, "must be at"),
        (lambda model: model.log_likelihood(tg.rand(1, 1, 4, 4), chunk=0), ValueError,
         "chunk must be at least 1"),
        (lambda model: model.decode(tg.rand(2, 3)), ValueError, r"\(N, 2\), got \(2, 3\)"),
        (lambda model: model.sample(2, labels=[0, 1]), ValueError, "takes no labels"),
    ],
)  # fmt: skip
def test_what_is_not_for_this_model_is_refused(tiny, use, error, message):
    with pytest.raises(error, match=message):
        use(tiny())


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda model: model.encode(tg.rand(2, 1, 4, 4)), ValueError, "of 3 classes: give the lab"),
        (lambda model: model.sample(2, labels=[0, 3]), ValueError, "labels are 0 to 2"),
        (lambda model: model.sample(2, labels=[-1, 0]), ValueError, "labels are 0 to 2"),
        (lambda model: model.sample(2, labels=[0]), ValueError, r"shape \(2,\), got \(1,\)"),
        (lambda model: model.sample(2, labels=[0.0, 1.0]), TypeError, "labels are integers"),
    ],
)
def test_labels_that_a_conditional_model_cannot_use_are_refused(tiny, use, error, message):
    with pytest.raises(error, match=message):
        use(tiny(classes=3))
