"""The differentiable functions, a file per family.

Each takes Tensors and returns Tensors. Called with bare arrays inside a first-order backward it
returns bare arrays, so a gradient's rule is written once and serves every order.
"""
