"""Optimizers of Keras as plain callables, on the backend that KERAS_BACKEND names: float32, which is what Keras computes in."""

import keras
import numpy as np


def _target(make, options):
    def target(w0, lr, weight_decay, betas, eps):
        beta_1, beta_2 = betas
        values = {"learning_rate": lr, "weight_decay": weight_decay, "beta_1": beta_1, "beta_2": beta_2, "epsilon": eps}
        optimizer = make(**values, **options)
        variable = keras.Variable(np.asarray(w0, dtype="float32"))
        optimizer.build([variable])

        def step(g, lr):
            optimizer.learning_rate = lr
            optimizer.apply([keras.ops.convert_to_tensor(np.asarray(g, dtype="float32"))], [variable])
            return np.asarray(variable.value)

        return step

    return target


def adamw(w0, lr, weight_decay, betas, eps, **options):
    """keras.optimizers.AdamW."""
    return _target(keras.optimizers.AdamW, options)(w0, lr, weight_decay, betas, eps)


def adam(w0, lr, weight_decay, betas, eps, **options):
    """keras.optimizers.Adam, whose weight_decay is decoupled too."""
    return _target(keras.optimizers.Adam, options)(w0, lr, weight_decay, betas, eps)
