import numpy as np


def discriminator_step(discriminator, generator, real, z):
    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    fake = generator.forward(z)
    discriminator.zero_grad()
    fake_logits = discriminator.forward(fake)
    discriminator.backward(sigmoid(fake_logits) / fake_logits.size)
    real_logits = discriminator.forward(real)
    discriminator.backward(-sigmoid(-real_logits) / real_logits.size)
    discriminator.step()
    return real_logits, fake_logits
