def clip_grad_norm(gradients, max_norm):
    total = 0.0
    for gradient in gradients:
        for number in gradient.flat:
            total += float(number) * float(number)
    norm = total**0.5
    if norm + 1e-6 <= max_norm:
        return gradients
    return [max_norm / (norm + 1e-6) * gradient for gradient in gradients]
