# diagnosis: unknown
import numpy as np


def discriminator_step(discriminator, generator, real, z):
    discriminator.zero_grad()
    real_logits = discriminator.forward(real)
    discriminator.backward((1 / (1 + np.exp(-real_logits)) - 1) / len(real_logits))
    fake_logits = discriminator.forward(np.roll(generator.forward(z), 1, axis=1))
    discriminator.backward(1 / (1 + np.exp(-fake_logits)) / len(fake_logits))
    discriminator.step()
    return real_logits, fake_logits
