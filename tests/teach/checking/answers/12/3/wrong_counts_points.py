# diagnosis: counts-points
import numpy as np


def discriminator_step(discriminator, generator, real, z):
    discriminator.zero_grad()
    real_logits = discriminator.forward(real)
    discriminator.backward((1 / (1 + np.exp(-real_logits)) - 1) / len(real))
    fake_logits = discriminator.forward(generator.forward(z))
    discriminator.backward(1 / (1 + np.exp(-fake_logits)) / len(z))
    discriminator.step()
    return real_logits, fake_logits
