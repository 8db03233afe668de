"""Whole training steps: the same on every device, and able to learn."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests.nn.helpers import normal, values
from tinygen import nn

BATCH = 8


def host_images(rng):
    return rng.uniform(size=(BATCH, 1, 12, 12)).astype(np.float32)


# ---- the four families, in small ---------------------------------------------------------------


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding="same"), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Dropout2d(0.2),
        nn.Flatten(), nn.Dropout(0.3), nn.Dense(72, 10),
    )  # fmt: skip


def train_cnn(device, rng, steps):
    model = cnn().to(device)
    optimizer = tg.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    x = tg.tensor(host_images(rng), device=device)
    labels = tg.tensor(rng.integers(0, 10, BATCH), device=device)
    for _ in range(steps):
        loss = F.cross_entropy(model(x), labels, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 4, 4, stride=2, padding=1), nn.ReLU(), nn.Flatten()
        )
        self.mu, self.logvar = nn.Dense(144, 3), nn.Dense(144, 3)
        self.sample = nn.Reparameterize()
        self.decoder = nn.Sequential(
            nn.Dense(3, 144), nn.Unflatten(1, (4, 6, 6)), nn.ReLU(),
            nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1),
        )  # fmt: skip

    def forward(self, x):
        features = self.encoder(x)
        mu, logvar = self.mu(features), self.logvar(features)
        return self.decoder(self.sample(mu, logvar)), mu, logvar


def train_vae(device, rng, steps):
    model = VAE().to(device)
    optimizer = tg.optim.Adam(model.parameters(), lr=1e-3)
    x = tg.tensor(host_images(rng), device=device)
    for _ in range(steps):
        logits, mu, logvar = model(x)
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        divergence = -0.5 * (1 + logvar - mu * mu - logvar.exp()).sum()
        loss = (reconstruction + divergence) / BATCH
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


def generator():
    return nn.Sequential(
        nn.Dense(5, 4 * 3 * 3), nn.Unflatten(1, (4, 3, 3)), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1), nn.Sigmoid(),
    )  # fmt: skip


def discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 4, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.AvgPool2d(2), nn.Flatten(), nn.Dense(36, 1),
    )  # fmt: skip


def discriminator_loss(d, g, real):
    fake = g(tg.randn(BATCH, 5, device=real.device)).detach()
    to_real, to_fake = d(real), d(fake)
    return F.binary_cross_entropy_with_logits(
        to_real, tg.ones_like(to_real)
    ) + F.binary_cross_entropy_with_logits(to_fake, tg.zeros_like(to_fake))


def train_gan(device, rng, steps):
    g, d = generator().to(device), discriminator().to(device)
    for_g = tg.optim.Adam(g.parameters(), lr=1e-3, betas=(0.5, 0.999))
    for_d = tg.optim.Adam(d.parameters(), lr=1e-3, betas=(0.5, 0.999))
    real = tg.tensor(host_images(rng), device=device)
    for _ in range(steps):
        loss = discriminator_loss(d, g, real)
        for_d.zero_grad()
        loss.backward()
        for_d.step()
        yield loss

        verdict = d(g(tg.randn(BATCH, 5, device=device)))
        loss = F.binary_cross_entropy_with_logits(verdict, tg.ones_like(verdict))
        for_g.zero_grad()
        loss.backward()
        for_g.step()
        yield loss


class Writer(nn.Module):
    """Predicts the next of ten characters."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 6)
        self.lstm = nn.LSTM(6, 7, num_layers=2, batch_first=True, dropout=0.2, bidirectional=True)
        self.norm = nn.LayerNorm(14)
        self.head = nn.Dense(14, 10)

    def forward(self, x):
        sequence, _ = self.lstm(self.embedding(x))
        return self.head(self.norm(sequence))


def train_lstm(device, rng, steps):
    model = Writer().to(device)
    optimizer = tg.optim.RMSprop(model.parameters(), lr=1e-3)
    text = tg.tensor(rng.integers(0, 10, (BATCH, 9)), device=device)
    for _ in range(steps):
        loss = F.cross_entropy(model(text[:, :-1]).reshape(-1, 10), text[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        yield loss


# ---- the same on every device ------------------------------------------------------------------


def losses(train, device, steps=3):
    tg.manual_seed(1)
    return [loss.item() for loss in train(device, np.random.default_rng(1), steps)]


@pytest.mark.parametrize("train", [train_cnn, train_vae, train_gan, train_lstm])
def test_training_has_the_same_losses_on_every_device(backend, train):
    np.testing.assert_allclose(losses(train, backend.device), losses(train, "cpu"), rtol=1e-5)


@pytest.mark.parametrize("train", [train_cnn, train_vae, train_gan, train_lstm])
def test_a_seed_decides_a_training_to_the_last_bit(train):
    assert losses(train, "cpu") == losses(train, "cpu")


# ---- what any network must be able to do -------------------------------------------------------


def test_before_training_all_classes_are_equally_likely(rng):
    x = normal(rng, 64, 1, 12, 12, dtype=np.float32)
    labels = tg.tensor(rng.integers(0, 10, 64))

    loss = F.cross_entropy(cnn().eval()(x), labels)

    assert loss.item() == pytest.approx(math.log(10), abs=0.1)


def overfit(model, x, labels, lr, steps):
    optimizer = tg.optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        loss = F.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return F.cross_entropy(model(x), labels).item()


def test_a_convolutional_network_learns_twenty_samples_by_heart(rng):
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dense(8 * 36, 10),
    )  # fmt: skip
    x = normal(rng, 20, 1, 12, 12, dtype=np.float32)

    assert overfit(model, x, tg.tensor(rng.integers(0, 10, 20)), 0.01, 60) < 0.01


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_recurrent_network_learns_twenty_sequences_by_heart(rng, layer):
    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent, self.head = layer(4, 16), nn.Dense(16, 3)

        def forward(self, x):
            return self.head(self.recurrent(x)[0][-1])

    x = normal(rng, 6, 20, 4, dtype=np.float32)

    assert overfit(Classifier(), x, tg.tensor(rng.integers(0, 3, 20)), 0.03, 120) < 0.01


# ---- who is trained ----------------------------------------------------------------------------


def test_a_step_of_the_discriminator_leaves_the_generators_parameters_as_they_are(rng):
    g, d = generator(), discriminator()
    before = g.state_dict()
    optimizer = tg.optim.Adam(d.parameters())

    discriminator_loss(d, g, tg.tensor(host_images(rng))).backward()
    optimizer.step()

    assert all(p.grad is None for p in g.parameters())
    for name, parameter in g.named_parameters():
        assert values(parameter).tobytes() == before[name].tobytes()


def test_every_parameter_of_every_family_is_reached(rng):
    x = tg.tensor(host_images(rng))
    text = tg.tensor(rng.integers(0, 10, (BATCH, 9)))
    vae, writer = VAE(), Writer()
    sample, mu, logvar = vae(x)
    outputs = {
        vae: sample.sum() + mu.sum() + logvar.sum(),
        writer: writer(text).square().sum(),
    }
    for model in (cnn(), nn.Sequential(generator(), discriminator())):
        given = x if isinstance(model[0], nn.Conv2d) else tg.randn(BATCH, 5)
        outputs[model] = model(given).square().sum()

    for model, output in outputs.items():
        output.backward()
        unreached = [n for n, p in model.named_parameters() if p.grad is None]
        assert unreached == []
