"""The workloads in tinygen, written as any user would write them."""

from __future__ import annotations

import numpy as np

import tinygen as tg
from tinygen import Tensor, nn
from tinygen.nn import functional as F

from . import workloads
from .workloads import WORKLOADS, Call, Layer, TrainingStep, Workload


def about() -> str:
    return f"tinygen {tg.__version__}"


@tg.no_grad()
def _start_from(layer: nn.Module, initial: Layer) -> nn.Module:
    """Give a layer its initial weights; tinygen's dense weights are (outputs, inputs)."""
    weight, bias = initial
    layer.weight.copy_(tg.tensor(weight.T if isinstance(layer, nn.Dense) else weight))
    layer.bias.copy_(tg.tensor(bias))
    return layer


def _dense(initial: Layer) -> nn.Module:
    inputs, outputs = initial[0].shape
    return _start_from(nn.Dense(inputs, outputs), initial)


def _conv(initial: Layer, stride: int = 1) -> nn.Module:
    out_channels, in_channels, kernel, _ = initial[0].shape
    return _start_from(nn.Conv2d(in_channels, out_channels, kernel, stride, padding=1), initial)


def _transposed_conv(initial: Layer) -> nn.Module:
    in_channels, out_channels, kernel, _ = initial[0].shape
    layer = nn.ConvTranspose2d(in_channels, out_channels, kernel, stride=2, padding=1)
    return _start_from(layer, initial)


def _conv_block(initial: Layer) -> list[nn.Module]:
    return [_conv(initial), nn.ReLU(), nn.MaxPool2d(2)]


def _adam(network: nn.Module, workload: Workload) -> tg.optim.Adam:
    return tg.optim.Adam(network.parameters(), lr=workload.learning_rate, betas=workload.betas)


def _minimize(optimizer: tg.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _classifier_step(
    network: nn.Module, workload: Workload, inputs: np.ndarray, labels: np.ndarray
) -> TrainingStep:
    optimizer = _adam(network, workload)
    batch, targets = tg.tensor(inputs), tg.tensor(labels)

    def step() -> float:
        loss = F.cross_entropy(network(batch), targets)
        _minimize(optimizer, loss)
        return loss.item()

    return step


def _cnn(side: int) -> nn.Module:
    initial = workloads.cnn_weights(side)
    return nn.Sequential(
        *_conv_block(initial["conv1"]),
        *_conv_block(initial["conv2"]),
        nn.Flatten(),
        _dense(initial["hidden"]),
        nn.ReLU(),
        _dense(initial["output"]),
    )


def cnn(batch: int = 64, side: int = 28) -> TrainingStep:
    """W1."""
    return _classifier_step(_cnn(side), WORKLOADS["W1"], *workloads.cnn_batch(batch, side))


def _call(network: nn.Module, inputs: np.ndarray) -> Call:
    """Inference: from a batch of inputs to the network's output as an array."""
    network.eval()
    batch = tg.tensor(inputs)

    @tg.no_grad()
    def call() -> np.ndarray:
        return network(batch).numpy()

    return call


def classify(batch: int) -> Call:
    """The scores that the network of W1 gives to a batch of images."""
    images, _ = workloads.cnn_batch(batch)
    return _call(_cnn(side=28), images)


class VAE(nn.Module):
    """The autoencoder of W2; its forward pass is the loss per image, the noise being given."""

    def __init__(self) -> None:
        super().__init__()
        initial = workloads.vae_weights()
        self.encoder = _dense(initial["encoder"])
        self.mean = _dense(initial["mean"])
        self.log_variance = _dense(initial["log_variance"])
        self.reparameterize = nn.Reparameterize()
        self.decoder = _dense(initial["decoder"])
        self.output = _dense(initial["output"])

    def forward(self, pixels: Tensor, noise: Tensor) -> Tensor:
        hidden = F.relu(self.encoder(pixels))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        latent = self.reparameterize(mean, log_variance, eps=noise)
        logits = self.output(F.relu(self.decoder(latent)))
        reconstruction = F.binary_cross_entropy_with_logits(logits, pixels, reduction="sum")
        divergence = -0.5 * tg.sum(1 + log_variance - mean**2 - tg.exp(log_variance))
        return (reconstruction + divergence) / len(pixels)


def vae() -> TrainingStep:
    """W2."""
    pixels, noise = (tg.tensor(array) for array in workloads.vae_batch())
    network = VAE()
    optimizer = _adam(network, WORKLOADS["W2"])

    def step() -> float:
        loss = network(pixels, noise)
        _minimize(optimizer, loss)
        return loss.item()

    return step


def _generator(initial: dict[str, Layer]) -> nn.Module:
    return nn.Sequential(
        _dense(initial["project"]),
        nn.Unflatten(1, workloads.GAN_SEED_MAP),
        _transposed_conv(initial["up1"]),
        _start_from(nn.BatchNorm2d(64, eps=workloads.BATCH_NORM_EPS), initial["norm"]),
        nn.ReLU(),
        _transposed_conv(initial["up2"]),
        nn.Tanh(),
    )


def _discriminator(initial: dict[str, Layer]) -> nn.Module:
    return nn.Sequential(
        _conv(initial["down1"], stride=2),
        nn.LeakyReLU(workloads.LEAKY_SLOPE),
        _conv(initial["down2"], stride=2),
        _start_from(nn.BatchNorm2d(128, eps=workloads.BATCH_NORM_EPS), initial["norm"]),
        nn.LeakyReLU(workloads.LEAKY_SLOPE),
        nn.Flatten(),
        _dense(initial["output"]),
    )


def sample() -> Call:
    """A batch of images from the generator of W3."""
    _, noise = workloads.gan_batch()
    generator_weights, _ = workloads.gan_weights()
    return _call(_generator(generator_weights), noise)


def gan() -> TrainingStep:
    """W3."""
    real, noise = (tg.tensor(array) for array in workloads.gan_batch())
    generator_weights, discriminator_weights = workloads.gan_weights()
    generator = _generator(generator_weights)
    discriminator = _discriminator(discriminator_weights)
    generator_adam = _adam(generator, WORKLOADS["W3"])
    discriminator_adam = _adam(discriminator, WORKLOADS["W3"])

    def step() -> float:
        fake = generator(noise)
        loss_on_real = F.softplus(-discriminator(real)).mean()
        loss_on_fake = F.softplus(discriminator(fake.detach())).mean()
        discriminator_loss = loss_on_real + loss_on_fake
        _minimize(discriminator_adam, discriminator_loss)

        # The generator's update needs no gradients of the discriminator's weights.
        discriminator.requires_grad_(False)
        generator_loss = F.softplus(-discriminator(fake)).mean()
        _minimize(generator_adam, generator_loss)
        discriminator.requires_grad_(True)
        return discriminator_loss.item() + generator_loss.item()

    return step


class RowReader(nn.Module):
    """The classifier of W4: an LSTM over the rows, read after the last one."""

    def __init__(self) -> None:
        super().__init__()
        initial = workloads.lstm_weights()
        self.lstm = nn.LSTM(28, workloads.LSTM_HIDDEN, batch_first=True)
        self.output = _dense(initial["output"])
        with tg.no_grad():
            for part, name in (("ih", "from_input"), ("hh", "from_hidden")):
                weight, bias = initial[name]
                getattr(self.lstm, f"weight_{part}_l0").copy_(tg.tensor(weight.T))
                getattr(self.lstm, f"bias_{part}_l0").copy_(tg.tensor(bias))

    def forward(self, rows: Tensor) -> Tensor:
        hidden_states, _ = self.lstm(rows)
        return self.output(hidden_states[:, -1])


def lstm() -> TrainingStep:
    """W4."""
    return _classifier_step(RowReader(), WORKLOADS["W4"], *workloads.lstm_batch())


def tape() -> TrainingStep:
    """W5."""
    leaves = [tg.tensor(array, requires_grad=True) for array in workloads.tape_inputs()]
    x, a, b, c = leaves

    def step() -> float:
        for leaf in leaves:
            leaf.grad = None
        state = x
        for _ in range(workloads.TAPE_ROUNDS):
            state = tg.tanh(state * a + b) - c
        loss = state.sum()
        loss.backward()
        return loss.item()

    return step


def vgg(dropout: float = workloads.VGG_DROPOUT) -> TrainingStep:
    """W6."""
    initial = workloads.vgg_weights()
    blocks = []
    for block in range(1, len(workloads.VGG_CHANNELS) + 1):
        blocks += _conv_block(initial[f"conv{block}"])
    network = nn.Sequential(
        *blocks,
        nn.Flatten(),
        _dense(initial["hidden"]),
        nn.ReLU(),
        nn.Dropout(dropout),
        _dense(initial["output"]),
    )
    return _classifier_step(network, WORKLOADS["W6"], *workloads.vgg_batch())


STEPS = {
    "W1": cnn, "W2": vae, "W3": gan, "W4": lstm, "W5": tape, "W6": vgg,
    "classify": classify, "sample": sample,
}  # fmt: skip
LEFT_OUT: dict[str, str] = {}
