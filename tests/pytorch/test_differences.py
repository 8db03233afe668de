"""Where tinygen differs from PyTorch on purpose: one statement each.

``python -m tests.pytorch`` makes a page of the docstrings, "tinygen ...; PyTorch ...".
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tinygen as tg  # noqa: E402
import tinygen.nn.functional as F  # noqa: E402
from tests.pytorch.helpers import host  # noqa: E402

their_f = torch.nn.functional
IMAGES = np.arange(2 * 3 * 5 * 5, dtype=np.float32).reshape(2, 3, 5, 5)


def refused_by_pytorch(call, error=RuntimeError):
    with pytest.raises(error):
        call()


class TestTensors:
    """Tensors"""

    def test_dtypes(self):
        """tinygen's dtypes are NumPy's; PyTorch has its own."""
        assert tg.tensor([1.0]).dtype == np.float32
        assert torch.tensor([1.0]).dtype != np.float32

    def test_mean_of_integers(self):
        """tinygen gives the mean of integers in float32; PyTorch refuses."""
        assert tg.tensor([1, 2]).mean().item() == 1.5
        refused_by_pytorch(lambda: torch.tensor([1, 2]).mean())

    def test_mean_of_nothing(self):
        """tinygen refuses the mean of no elements with a ValueError; PyTorch gives NaN."""
        with pytest.raises(ValueError, match="mean of no elements"):
            tg.zeros(0).mean()
        assert torch.zeros(0).mean().isnan()

    def test_variance_of_one(self):
        """tinygen refuses the unbiased variance of one element; PyTorch warns and gives NaN."""
        with pytest.raises(ValueError, match="1 elements are too few for correction=1"):
            tg.zeros(1).var()
        with pytest.warns(UserWarning, match="degrees of freedom"):
            assert torch.zeros(1).var().isnan()

    def test_scalar_tensors_take_part_in_promotion(self):
        """tinygen promotes 0-d tensors like all others (float32 beside a 0-d float64 gives
        float64); PyTorch lets their dtype give way to that of tensors with dimensions."""
        small, scalar = np.ones(2, np.float32), np.array(1.0)
        assert (tg.tensor(small) + tg.tensor(scalar)).dtype == np.float64
        assert (torch.tensor(small) + torch.tensor(scalar)).dtype == torch.float32

    def test_negative_indices_of_gather(self):
        """tinygen's `gather`, `scatter_add` and `index_select` count negative indices from the end;
        PyTorch refuses them."""
        x, last = np.array([1.0, 2.0, 3.0]), np.array([-1])
        assert tg.tensor(x).gather(0, tg.tensor(last)).item() == 3
        refused_by_pytorch(lambda: torch.tensor(x).gather(0, torch.tensor(last)))

    def test_scatter_to_one_place_twice(self):
        """tinygen refuses to scatter twice to one place; PyTorch stores either value."""
        index, values = np.array([1, 1]), np.array([3.0, 4.0])
        with pytest.raises(ValueError, match="names a place twice"):
            tg.zeros(2, dtype="float64").scatter(0, tg.tensor(index), tg.tensor(values))
        stored = torch.zeros(2).double().scatter(0, torch.tensor(index), torch.tensor(values))
        assert stored[1].item() in (3.0, 4.0)

    def test_norm_of_order_zero(self):
        """tinygen's `norm` takes positive orders only; PyTorch's counts nonzero elements for
        `p=0`."""
        with pytest.raises(ValueError, match="order p must be positive"):
            tg.ones(2).norm(0)
        assert torch.ones(2).norm(0).item() == 2

    def test_truth_of_many(self):
        """tinygen raises a ValueError for the truth of several elements, as NumPy does; PyTorch
        raises a RuntimeError."""
        with pytest.raises(ValueError, match="ambiguous"):
            bool(tg.zeros(2))
        refused_by_pytorch(lambda: bool(torch.zeros(2)))

    def test_pickle(self):
        """tinygen's tensors are not pickled, use `tg.save`; PyTorch's are."""
        import pickle

        with pytest.raises(TypeError, match=r"tg\.save"):
            pickle.dumps(tg.zeros(1))
        assert pickle.loads(pickle.dumps(torch.zeros(1))).item() == 0


class TestGradients:
    """Gradients"""

    def test_changes_in_place_are_not_recorded(self):
        """tinygen refuses to change a tensor of the graph in place; PyTorch records it."""
        for library, is_refused in ((tg, True), (torch, False)):
            x = library.ones(2, requires_grad=True)
            y = x * 2
            if is_refused:
                with pytest.raises(RuntimeError, match="cannot be changed in place"):
                    y.mul_(3)
            else:
                y.mul_(3).sum().backward()
                assert x.grad[0].item() == 6

    def test_assigning_elements_is_not_recorded(self):
        """tinygen refuses `x[i] = y` in the graph, use `tg.where` or `tg.cat`; PyTorch records
        it."""
        with pytest.raises(RuntimeError, match="not recorded"):
            tg.zeros(2)[0] = tg.ones(1, requires_grad=True).sum()
        x = torch.zeros(2)
        x[0] = torch.ones(1, requires_grad=True).sum()
        assert x.requires_grad

    def test_weights_of_losses_are_differentiated(self):
        """tinygen differentiates losses by their class weights, too; PyTorch refuses."""
        x, t = np.zeros((2, 3)), np.array([0, 1])
        weight = tg.tensor(np.ones(3), requires_grad=True)
        F.cross_entropy(tg.tensor(x), tg.tensor(t), weight, reduction="sum").backward()
        np.testing.assert_allclose(host(weight.grad), np.log(3) * np.array([1, 1, 0]))
        theirs = torch.ones(3, dtype=torch.float64, requires_grad=True)
        refused_by_pytorch(lambda: their_f.cross_entropy(torch.tensor(x), torch.tensor(t), theirs))

    def test_hooks_are_removed_by_calling(self):
        """tinygen's `register_hook` and `register_forward_hook` return a function that removes
        the hook; PyTorch's return a handle with a method `remove()`."""
        seen = []
        for layer in (tg.nn.Identity(), torch.nn.Identity()):
            remove = layer.register_forward_hook(lambda *_: seen.append(1))
            (remove if layer.__module__.startswith("tinygen") else remove.remove)()
            layer(1)
        assert seen == []


class TestImages:
    """Images"""

    def test_same_padding_with_a_stride(self):
        """tinygen has `padding="same"` for strided convolutions, as TensorFlow defines it; PyTorch
        for stride 1 only."""
        w = np.ones((1, 3, 3, 3), np.float32)
        y = F.conv2d(tg.tensor(IMAGES), tg.tensor(w), stride=2, padding="same")
        assert y.shape == (2, 1, 3, 3)
        refused_by_pytorch(
            lambda: their_f.conv2d(torch.tensor(IMAGES), torch.tensor(w), stride=2, padding="same")
        )

    def test_same_padding_of_pools(self):
        """tinygen has `padding="same"` for pooling, too, without counting the padding; PyTorch has
        not."""
        assert F.max_pool2d(tg.tensor(IMAGES), 2, padding="same").shape == (2, 3, 3, 3)
        mean = F.avg_pool2d(tg.ones(1, 1, 3, 3), 2, padding="same")
        np.testing.assert_array_equal(host(mean), np.ones((1, 1, 2, 2)))
        refused_by_pytorch(
            lambda: their_f.max_pool2d(torch.tensor(IMAGES), 2, padding="same"), TypeError
        )

    def test_images_come_in_batches(self):
        """tinygen's convolutions and pools take batches (N, C, H, W) only; PyTorch's also take
        one image (C, H, W)."""
        with pytest.raises(ValueError, match=r"unsqueeze\(0\)"):
            F.max_pool2d(tg.tensor(IMAGES[0]), 2)
        assert their_f.max_pool2d(torch.tensor(IMAGES[0]), 2).shape == (3, 2, 2)

    def test_output_padding(self):
        """tinygen's `output_padding` must be less than the stride; PyTorch's than the stride or
        the dilation."""
        x, w = np.ones((1, 1, 3, 3), np.float32), np.ones((1, 1, 2, 2), np.float32)
        options = {"stride": 1, "dilation": 2, "output_padding": 1}
        with pytest.raises(ValueError, match="less than the stride"):
            F.conv_transpose2d(tg.tensor(x), tg.tensor(w), **options)
        y = their_f.conv_transpose2d(torch.tensor(x), torch.tensor(w), **options)
        assert y.shape == (1, 1, 6, 6)


class TestLayersAndLosses:
    """Layers and losses"""

    def test_dense(self):
        """tinygen calls a fully connected layer `Dense`, and `Linear` is another name for it;
        PyTorch only `Linear`."""
        assert tg.nn.Linear is tg.nn.Dense
        assert not hasattr(torch.nn, "Dense")

    def test_slope_of_ctc_loss(self):
        """tinygen's `ctc_loss` has the slope that its formula has; PyTorch's is right behind
        `log_softmax` only, where the two are the same."""
        slopes = []
        for library in (tg, torch):
            x = library.tensor(np.log(np.full((2, 1, 2), 0.5)), requires_grad=True)
            library.nn.CTCLoss(reduction="sum")(x, library.tensor([[1]]), (2,), (1,)).backward()
            slopes.append(host(x.grad).sum(2))
        np.testing.assert_allclose(slopes[0], -1)  # of paths that say the text, each step is on all
        np.testing.assert_allclose(slopes[1], 0, atol=1e-12)

    def test_letters_of_ctc_loss(self):
        """tinygen's `ctc_loss` refuses the blank in a text, and texts of no step; PyTorch counts
        with them."""
        x = np.log(np.full((2, 1, 2), 0.5))
        for letters, steps in (([[0]], (2,)), ([[1]], (0,))):
            with pytest.raises(ValueError, match="the blank|between 1 and 2"):
                F.ctc_loss(tg.tensor(x), tg.tensor(letters), steps, (1,))
            their_f.ctc_loss(torch.tensor(x), torch.tensor(letters), steps, (1,))

    def test_shapes_of_targets(self):
        """tinygen's `mse_loss`, `l1_loss` and their kin want targets of the input's shape; PyTorch
        warns and broadcasts."""
        with pytest.raises(ValueError, match="differ in shape"):
            F.mse_loss(tg.zeros(3, 1), tg.zeros(3))
        with pytest.warns(UserWarning, match="target size"):
            their_f.mse_loss(torch.zeros(3, 1), torch.zeros(3))

    def test_range_of_binary_targets(self):
        """tinygen's `binary_cross_entropy_with_logits` refuses targets outside [0, 1] (on the
        CPU); PyTorch computes with them."""
        with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
            F.binary_cross_entropy_with_logits(tg.zeros(1), tg.full((1,), 255.0))
        their_f.binary_cross_entropy_with_logits(torch.zeros(1), torch.full((1,), 255.0))

    def test_empty_batches(self):
        """tinygen's losses refuse the mean over an empty batch; PyTorch gives NaN."""
        with pytest.raises(ValueError, match="empty batch"):
            F.cross_entropy(tg.zeros(0, 3), tg.zeros(0, dtype="int64"))
        assert their_f.cross_entropy(torch.zeros(0, 3), torch.zeros(0).long()).isnan()

    def test_classes_of_one_sample(self):
        """tinygen's `cross_entropy` takes batches only, (N, K); PyTorch's also one sample
        (K,)."""
        with pytest.raises(ValueError, match=r"\(N, classes\)"):
            F.cross_entropy(tg.zeros(3), tg.tensor(1))
        assert their_f.cross_entropy(torch.zeros(3), torch.tensor(1)).item() > 0

    def test_softplus(self):
        """tinygen's `softplus` is exact for all inputs and has no threshold; PyTorch's is the
        identity above 20."""
        x = np.array([20.5])
        assert F.softplus(tg.tensor(x)).item() > 20.5
        assert their_f.softplus(torch.tensor(x)).item() == 20.5

    def test_softmax_has_a_default(self):
        """tinygen's `softmax` is along the last dimension unless told; PyTorch guesses, and
        warns."""
        x = np.zeros((2, 3), np.float32)
        np.testing.assert_allclose(host(F.softmax(tg.tensor(x))), np.full((2, 3), 1 / 3), rtol=1e-6)
        with pytest.warns(UserWarning, match="Implicit dimension"):
            their_f.softmax(torch.tensor(x))

    def test_kl_div_is_silent(self):
        """tinygen's `kl_div` takes `reduction="mean"` silently; PyTorch warns that it is no
        divergence."""
        p = np.full((1, 2), 0.5, np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            F.kl_div(tg.tensor(np.log(p)), tg.tensor(p))
        with pytest.warns(UserWarning, match="batchmean"):
            their_f.kl_div(torch.tensor(np.log(p)), torch.tensor(p))

    def test_dropout_in_a_single_recurrent_layer(self):
        """tinygen's `LSTM` takes a dropout that a single layer has no use for; PyTorch's warns."""
        tg.nn.LSTM(2, 2, dropout=0.5)
        with pytest.warns(UserWarning, match="num_layers greater than 1"):
            torch.nn.LSTM(2, 2, dropout=0.5)

    def test_layers_of_its_own(self):
        """tinygen has `Reparameterize`, `KerasLSTM`, `GlobalAvgPool2d`, `nn.summary` and
        `Module.freeze`;
        PyTorch has not."""
        for name in ("Reparameterize", "KerasLSTM", "GlobalAvgPool2d", "summary"):
            assert hasattr(tg.nn, name)
            assert not hasattr(torch.nn, name)
        assert not hasattr(torch.nn.Module, "freeze")


class TestModules:
    """Modules and their states"""

    def test_states_are_host_arrays(self):
        """tinygen's `state_dict()` holds copies as NumPy arrays; PyTorch's holds the tensors
        themselves."""
        for nn, is_copy in ((tg.nn, True), (torch.nn, False)):
            layer = nn.Linear(1, 1)
            layer.state_dict()["bias"][:] = 9
            assert (layer.bias.item() != 9) == is_copy
        assert type(tg.nn.Dense(1, 1).state_dict()["bias"]) is np.ndarray

    def test_a_failed_load_changes_nothing(self):
        """tinygen's `load_state_dict` changes nothing when it fails, with a ValueError; PyTorch's
        has loaded what fits by then, and raises a RuntimeError."""
        ours, theirs = tg.nn.Dense(2, 1), torch.nn.Linear(2, 1)
        with pytest.raises(ValueError, match="nothing was loaded"):
            ours.load_state_dict({"weight": np.full((1, 2), 9.0), "bias": np.zeros(5)})
        assert (host(ours.weight) != 9).all()
        wrong = {"weight": torch.full((1, 2), 9.0), "bias": torch.zeros(5)}
        refused_by_pytorch(lambda: theirs.load_state_dict(wrong))
        assert (host(theirs.weight) == 9).all()

    def test_errors_of_shapes(self):
        """tinygen raises a ValueError, TypeError or IndexError for wrong shapes, dtypes and
        indices; PyTorch mostly a RuntimeError."""
        with pytest.raises(ValueError, match="does not fit weight"):
            tg.nn.Dense(3, 2)(tg.zeros(1, 4))
        with pytest.raises(TypeError, match="float64"):
            tg.nn.Dense(3, 2)(tg.zeros(1, 3, dtype="float64"))
        refused_by_pytorch(lambda: torch.nn.Linear(3, 2)(torch.zeros(1, 4)))
        refused_by_pytorch(lambda: torch.nn.Linear(3, 2)(torch.zeros(1, 3).double()))

    def test_misspelt_attributes(self):
        """tinygen suggests the close match for a misspelt attribute of a module; PyTorch does
        not."""
        with pytest.raises(AttributeError, match="did you mean 'weight'"):
            _ = tg.nn.Dense(1, 1).wieght
        with pytest.raises(AttributeError) as caught:
            _ = torch.nn.Linear(1, 1).wieght
        assert "did you mean" not in str(caught.value)
