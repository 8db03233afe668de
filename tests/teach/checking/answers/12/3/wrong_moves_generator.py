# diagnosis: moves-the-generator
import numpy as np


def discriminator_step(discriminator, generator, real, z):
    discriminator.zero_grad()
    generator.zero_grad()
    real_logits = discriminator.forward(real)
    discriminator.backward((1 / (1 + np.exp(-real_logits)) - 1) / len(real_logits))
    fake_logits = discriminator.forward(generator.forward(z))
    generator.backward(discriminator.backward(1 / (1 + np.exp(-fake_logits)) / len(fake_logits)))
    discriminator.step()
    generator.step()
    return real_logits, fake_logits
