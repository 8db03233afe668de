from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest

import tinygen as tg
from tinygen.data import Dataset, Subset, TensorDataset, default_collate, random_split


class Squares(Dataset):
    """Sample i is (i, i * i)."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __getitem__(self, index: int) -> tuple[int, int]:
        return index, index * index

    def __len__(self) -> int:
        return self.length


def images_and_labels(n: int = 10) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, 1, 4, 4), dtype=np.uint8), np.arange(n)


# ---- TensorDataset -----------------------------------------------------------------------------


def test_a_sample_is_one_row_of_each_array():
    images, labels = images_and_labels()
    dataset = TensorDataset(images, tg.tensor(labels))

    image, label = dataset[3]

    assert len(dataset) == 10
    assert isinstance(image, tg.Tensor)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image.numpy(), images[3])
    assert label.item() == 3


def test_slices_and_negative_numbers_as_in_a_list():
    images, labels = images_and_labels()
    dataset = TensorDataset(images, labels)

    np.testing.assert_array_equal(dataset[-1][0].numpy(), images[9])
    np.testing.assert_array_equal(dataset[2:5][1].numpy(), [2, 3, 4])


def test_a_data_set_can_be_walked_through():
    assert [label.item() for _, label in TensorDataset(*images_and_labels())] == list(range(10))


def test_arrays_are_shared_and_batches_are_copies():
    images, labels = images_and_labels()
    before = images.copy()
    dataset = TensorDataset(images, labels)

    batch, _ = dataset.batch(np.array([1, 1, 0]))
    np.testing.assert_array_equal(batch.numpy(), before[[1, 1, 0]])
    batch.fill_(7)

    assert np.shares_memory(dataset.tensors[0].data, images)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("layout", ["C", "F"])
def test_a_batch_is_a_loop_over_samples(layout):
    images, labels = images_and_labels()
    dataset = TensorDataset(np.asarray(images, order=layout), labels)
    chosen = np.array([4, 0, 9])

    fast = dataset.batch(chosen)
    slow = Dataset.batch(dataset, chosen)

    for ours, theirs in zip(fast, slow, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_no_arrays_are_refused():
    with pytest.raises(ValueError, match="at least one array"):
        TensorDataset()


def test_different_lengths_are_refused_with_the_shapes():
    with pytest.raises(ValueError, match=r"equal length.*\(10, 1, 4, 4\), \(9,\).*another split"):
        TensorDataset(images_and_labels()[0], np.arange(9))


def test_single_numbers_are_refused():
    with pytest.raises(ValueError, match="first dimension counts the samples"):
        TensorDataset(np.zeros(3), 1.0)


def test_two_devices_are_refused(backend):
    if backend.device == "cpu":
        pytest.skip("needs a second device")
    with pytest.raises(ValueError, match="one device, got them on cpu, cuda"):
        TensorDataset(np.zeros(3), tg.zeros(3, device="cuda"))


def test_whoever_says_anew_what_a_sample_is_has_no_shortcut_to_the_old_one():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * part for part in super().__getitem__(index))

    dataset = Doubled(np.arange(5))

    assert dataset.batch(np.array([1, 4]))[0].tolist() == [2, 8]
    assert dataset.host_bytes is None


def test_whoever_gives_both_keeps_them():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * part for part in super().__getitem__(index))

        def batch(self, indices):
            return tuple(2 * part for part in super().batch(indices))

    assert "batch" in Doubled.__dict__
    assert Doubled.batch is not Dataset.batch
    assert Doubled(np.arange(5)).batch(np.array([1, 4]))[0].tolist() == [2, 8]


def test_its_memory_is_that_of_its_arrays():
    dataset = TensorDataset(*images_and_labels())

    assert dataset.host_bytes == 10 * 16 + 10 * 8
    assert Subset(dataset, [0, 1]).host_bytes == 2 * 16 + 2 * 8
    assert Subset(dataset, []).host_bytes == 0
    assert Squares(3).host_bytes is None
    assert Subset(Squares(3), [0]).host_bytes is None
    assert Subset([1, 2, 3], [0]).host_bytes is None


# ---- Dataset -----------------------------------------------------------------------------------


def test_a_data_set_of_ones_own():
    numbers, squares = Squares(6).batch(np.array([5, 2]))

    assert numbers.tolist() == [5, 2]
    assert squares.tolist() == [25, 4]


def test_what_is_missing_is_said():
    class Nothing(Dataset):
        pass

    with pytest.raises(NotImplementedError, match="Nothing needs a __getitem__"):
        Nothing()[0]
    with pytest.raises(NotImplementedError, match="Nothing needs a __len__"):
        len(Nothing())


# ---- Subset ------------------------------------------------------------------------------------


def test_a_subset_has_its_own_order():
    part = Subset(TensorDataset(np.arange(10) * 10), [7, 0, -1])

    assert len(part) == 3
    assert part.indices.tolist() == [7, 0, 9]
    assert [sample[0].item() for sample in part] == [70, 0, 90]
    assert part.batch(np.array([2, 0]))[0].tolist() == [90, 70]


def test_a_subset_of_a_subset_of_a_list():
    inner = Subset(["a", "b", "c", "d"], [3, 1, 0])
    outer = Subset(inner, [2, 1])

    assert list(outer) == ["a", "b"]
    assert outer.batch(np.array([1, 0])) == ["b", "a"]


@pytest.mark.parametrize("index", [10, -11])
def test_a_sample_that_is_not_there_is_refused(index):
    with pytest.raises(IndexError, match=f"no sample {index} in a data set of 10; 1 of the 2"):
        Subset(Squares(10), [0, index])


def test_a_mask_is_refused():
    with pytest.raises(TypeError, match="flatnonzero"):
        Subset(Squares(3), np.array([True, False, True]))


def test_fractions_are_no_samples():
    with pytest.raises(TypeError, match="whole numbers, got shape .* of float64"):
        Subset(Squares(3), [0.5])


# ---- random_split ------------------------------------------------------------------------------


def test_the_parts_are_the_whole_and_do_not_overlap():
    train, valid, test = random_split(Squares(100), [70, 20, 10], seed=0)

    assert [len(part) for part in (train, valid, test)] == [70, 20, 10]
    together = np.concatenate([train.indices, valid.indices, test.indices])
    assert sorted(together) == list(range(100))
    assert list(together) != list(range(100))


def test_a_seed_means_the_same_parts():
    def parts(seed):
        return [part.indices.tolist() for part in random_split(Squares(20), [15, 5], seed=seed)]

    assert parts(1) == parts(1)
    assert parts(1) == parts(np.random.default_rng(1))
    assert parts(1) != parts(2)


def test_without_a_seed_tinygens_own_generator_draws():
    def first_part():
        return random_split(Squares(20), [15, 5])[0].indices.tolist()

    tg.manual_seed(3)
    once, twice = first_part(), first_part()
    tg.manual_seed(3)

    assert first_part() == once != twice


@pytest.mark.parametrize(
    ("total", "fractions", "counts"),
    [
        (10, [0.8, 0.2], [8, 2]),
        (10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),
        (11, [0.5, 0.25, 0.25], [6, 3, 2]),  # 5.5, 2.75, 2.75: two are left over
        (3, [1.0], [3]),
    ],
)
def test_fractions_are_rounded_down_and_the_rest_is_dealt_out(total, fractions, counts):
    assert [len(part) for part in random_split(Squares(total), fractions, seed=0)] == counts


def test_lengths_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match=r"\[5, 6\] add up to 11, but the data set has 10"):
        random_split(Squares(10), [5, 6])
    with pytest.raises(ValueError, match=r"\[0.5, 0.6\] add up to 1.1 instead of 1"):
        random_split(Squares(10), [0.5, 0.6])


@pytest.mark.parametrize("lengths", [[], [11, -1]])
def test_no_and_negative_lengths_are_refused(lengths):
    with pytest.raises(ValueError, match="at least 0"):
        random_split(Squares(10), lengths)


# ---- default_collate ---------------------------------------------------------------------------


def test_a_batch_is_made_as_its_samples_are():
    samples = [
        {"image": np.full((1, 2), i, np.float32), "box": (i, [0.5, True]), "name": f"no. {i}"}
        for i in range(3)
    ]

    batch = default_collate(samples)

    assert batch["image"].shape == (3, 1, 2)
    assert batch["image"].dtype == np.float32
    numbers, (halves, flags) = batch["box"]
    assert isinstance(batch["box"], tuple)
    assert isinstance(batch["box"][1], list)
    assert (numbers.dtype, numbers.tolist()) == (np.int64, [0, 1, 2])
    assert (halves.dtype, halves.tolist()) == (np.float32, [0.5] * 3)
    assert (flags.dtype, flags.tolist()) == (np.bool_, [True] * 3)
    assert batch["name"] == ["no. 0", "no. 1", "no. 2"]


def test_named_tuples_keep_their_names():
    sample = namedtuple("sample", "image label")

    batch = default_collate([sample(np.zeros(2), 0), sample(np.ones(2), 1)])

    assert batch.label.tolist() == [0, 1]


@pytest.mark.parametrize("number", [np.uint8(3), np.int64(3), np.float32(3), np.float64(3)])
def test_numpy_numbers_keep_their_dtype(number):
    assert default_collate([number, number]).dtype == number.dtype


def test_tensors_are_stacked_where_they_are(backend):
    batch = default_collate([tg.full((2,), i, device=backend.device) for i in range(3)])

    assert batch.device == backend.device
    assert batch.tolist() == [[0, 0], [1, 1], [2, 2]]


def test_different_shapes_are_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"\(2,\), \(3,\).*collate_fn"):
        default_collate([np.zeros(2), np.zeros(3)])


def test_different_numbers_of_parts_are_refused():
    with pytest.raises(ValueError, match=r"have \[1, 2\] parts"):
        default_collate([(1, 2), (1,)])


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="no samples"):
        default_collate([])


def test_what_cannot_be_stacked_is_refused():
    with pytest.raises(TypeError, match="got object.*collate_fn"):
        default_collate([object()])
