from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

import tinygen as tg
from tinygen.data import (
    Compose,
    DataLoader,
    Dataset,
    GaussianNoise,
    RandomAffine,
    RandomHorizontalFlip,
    RandomShift,
    Subset,
    TensorDataset,
    ToFloat,
    default_collate,
)
from tinygen.data import (
    loader as loader_module,
)

N = 23


def numbers(n: int = N) -> TensorDataset:
    """Sample i is (i,)."""
    return TensorDataset(np.arange(n))


def pictures(n: int = N) -> TensorDataset:
    rng = np.random.default_rng(0)
    return TensorDataset(rng.integers(0, 256, (n, 1, 6, 6), dtype=np.uint8), np.arange(n))


def epoch_of(loader) -> list[list[int]]:
    """The numbers in each batch of the next epoch."""
    return [batch[-1].tolist() for batch in loader]


class Rows(Dataset):
    """A data set that is read sample by sample."""

    def __init__(self, *arrays: np.ndarray) -> None:
        self.arrays = arrays

    def __getitem__(self, index):
        return tuple(array[index] for array in self.arrays)

    def __len__(self):
        return len(self.arrays[0])


# ---- batches -----------------------------------------------------------------------------------


def test_in_order_the_batches_cut_the_data_set_into_pieces():
    loader = DataLoader(numbers(7), batch_size=3)

    assert epoch_of(loader) == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(loader) == 3


def test_drop_last_leaves_out_what_is_not_full():
    loader = DataLoader(numbers(7), batch_size=3, drop_last=True)

    assert epoch_of(loader) == [[0, 1, 2], [3, 4, 5]]
    assert len(loader) == 2


@pytest.mark.parametrize("drop_last", [False, True])
def test_full_batches_only_are_all_given(drop_last):
    loader = DataLoader(numbers(6), batch_size=3, drop_last=drop_last)

    assert epoch_of(loader) == [[0, 1, 2], [3, 4, 5]]
    assert len(loader) == 2


def test_batches_are_tuples_of_tensors_of_the_dtypes_of_the_data():
    images, labels = next(iter(DataLoader(pictures(), batch_size=4)))

    assert isinstance(images, tg.Tensor)
    assert (images.shape, images.dtype) == ((4, 1, 6, 6), np.uint8)
    assert (labels.shape, labels.dtype) == ((4,), np.int64)


def test_changing_a_batch_leaves_the_data_set_as_it_is():
    dataset = pictures()
    before = [part.numpy().copy() for part in dataset.tensors]

    for images, labels in DataLoader(dataset, batch_size=4):
        images.fill_(0)
        labels.fill_(0)

    for part, old in zip(dataset.tensors, before, strict=True):
        np.testing.assert_array_equal(part.numpy(), old)


def test_all_kinds_of_data_sets_give_the_same_batches():
    fast = pictures()
    arrays = [part.numpy() for part in fast.tensors]
    kinds = [fast, Rows(*arrays), list(zip(*arrays, strict=True)), Subset(fast, range(N))]
    settings = {"batch_size": 5, "shuffle": True, "seed": 1, "transform": ToFloat()}

    for batches in zip(*(DataLoader(kind, **settings) for kind in kinds), strict=True):
        for parts in zip(*batches, strict=True):
            for part in parts[1:]:
                assert part.dtype == parts[0].dtype
                np.testing.assert_array_equal(part.numpy(), parts[0].numpy())


def test_samples_without_parts_make_bare_tensors():
    assert [batch.tolist() for batch in DataLoader([5, 6, 7], batch_size=2)] == [[5, 6], [7]]


def test_collate_fn_makes_batches_of_samples_of_any_shape():
    ragged = [(np.zeros((n, 4), np.float32), f"{n} boxes") for n in (1, 3, 2)]

    def as_lists(samples):
        boxes, names = zip(*samples, strict=True)
        return {"boxes": list(boxes), "names": list(names), "count": len(samples)}

    first, second = DataLoader(ragged, batch_size=2, collate_fn=as_lists)

    assert [type(boxes) for boxes in first["boxes"]] == [tg.Tensor, tg.Tensor]
    assert [boxes.shape for boxes in first["boxes"]] == [(1, 4), (3, 4)]
    assert (first["names"], first["count"]) == (["1 boxes", "3 boxes"], 2)
    assert second["count"] == 1


# ---- order -------------------------------------------------------------------------------------


def test_a_shuffled_epoch_has_every_sample_once():
    loader = DataLoader(numbers(), batch_size=4, shuffle=True, seed=0)

    for _ in range(3):
        order = list(itertools.chain(*epoch_of(loader)))
        assert sorted(order) == list(range(N))
        assert order != list(range(N))


def test_every_place_is_equally_likely():
    """Sums of permutation matrices: (k - 1) / k of Pearson's sum has (k - 1)^2 = 16 freedoms."""
    loader = DataLoader(numbers(5), batch_size=5, shuffle=True, seed=0)
    counts = np.zeros((5, 5))
    for _ in range(2000):
        counts[np.arange(5), epoch_of(loader)[0]] += 1

    chi_squared = 4 / 5 * ((counts - 400) ** 2 / 400).sum()
    assert 16 - 3 * np.sqrt(2 * 16) < chi_squared < 16 + 4 * np.sqrt(2 * 16)


def test_an_order_depends_on_the_seed_and_the_epoch_alone():
    one = DataLoader(numbers(), batch_size=4, shuffle=True, seed=5)
    epochs = [epoch_of(one) for _ in range(3)]

    other = DataLoader(numbers(), batch_size=4, shuffle=True, seed=5)
    other.set_epoch(2)
    tg.rand(10)  # what is drawn elsewhere does not matter
    assert epoch_of(other) == epochs[2]
    other.set_epoch(0)
    assert [epoch_of(other), epoch_of(other)] == epochs[:2]

    assert epochs[0] != epochs[1] != epochs[2]
    assert epoch_of(DataLoader(numbers(), batch_size=4, shuffle=True, seed=6)) != epochs[0]


def test_epochs_and_seeds_do_not_stand_in_for_each_other():
    """Epoch 1 of seed 0 is another order than epoch 0 of seed 1, also for seeds of two words."""
    orders = set()
    for seed in (0, 1, 2**32, 2**32 + 1, 2**63):
        loader = DataLoader(numbers(), batch_size=N, shuffle=True, seed=seed)
        orders |= {tuple(epoch_of(loader)[0]) for _ in range(4)}

    assert len(orders) == 5 * 4


def test_without_a_seed_manual_seed_decides():
    def order():
        return epoch_of(DataLoader(numbers(), batch_size=4, shuffle=True))

    tg.manual_seed(0)
    once, twice = order(), order()
    tg.manual_seed(0)

    assert order() == once != twice


def test_a_loader_without_chance_leaves_the_generators_alone():
    before = repr(tg.get_rng_state())
    epoch_of(DataLoader(numbers(), batch_size=4))
    epoch_of(DataLoader(numbers(), batch_size=4, shuffle=True, seed=0))

    assert repr(tg.get_rng_state()) == before


# ---- again and again, nested -------------------------------------------------------------------


def test_breaking_off_and_starting_anew():
    loader = DataLoader(numbers(), batch_size=4)

    assert next(iter(loader))[0].tolist() == [0, 1, 2, 3]
    for _ in loader:
        break
    assert list(itertools.chain(*epoch_of(loader))) == list(range(N))


def test_nested_loops_do_not_disturb_each_other():
    loader = DataLoader(numbers(), batch_size=4, shuffle=True, seed=0)
    twin = DataLoader(numbers(), batch_size=4, shuffle=True, seed=0)
    expected = [epoch_of(twin) for _ in range(1 + len(twin))]

    outer, inner = [], []
    for batch in loader:
        outer.append(batch[0].tolist())
        inner.append(epoch_of(loader))

    assert [outer, *inner] == expected


def test_iterators_are_numbered_when_they_are_made():
    loader = DataLoader(numbers(), batch_size=N, shuffle=True, seed=0)
    twin = DataLoader(numbers(), batch_size=N, shuffle=True, seed=0)
    first, second = iter(loader), iter(loader)

    later, earlier = next(second), next(first)

    assert [earlier[0].tolist(), later[0].tolist()] == [*epoch_of(twin), *epoch_of(twin)]


# ---- stopping and going on ---------------------------------------------------------------------

AUGMENT = Compose([ToFloat(), RandomHorizontalFlip(), RandomShift(1), GaussianNoise(0.1)])


def augmented(seed: int = 0) -> DataLoader:
    return DataLoader(pictures(), batch_size=4, shuffle=True, seed=seed, transform=AUGMENT)


def bytes_of(batches) -> list[bytes]:
    return [part.numpy().tobytes() for batch in batches for part in batch]


@pytest.mark.parametrize("stop", [0, 1, 4, 6, 7, 11, 12])
def test_after_a_restart_the_very_same_batches_follow(stop):
    """Two epochs of six batches, interrupted after ``stop``."""
    whole = augmented()
    expected = bytes_of(itertools.chain(whole, whole))

    stopped = augmented()
    seen = list(itertools.islice(itertools.chain(stopped, stopped), stop))
    state = json.loads(json.dumps(stopped.state_dict()))
    resumed = augmented(seed=99)
    resumed.load_state_dict(state)
    while resumed.state_dict()["epoch"] < 2:
        seen.extend(resumed)

    assert bytes_of(seen) == expected


def test_the_state_counts_the_batch_at_hand_as_done():
    loader = augmented()
    states = [(s["epoch"], s["batch"]) for s in (loader.state_dict() for _ in loader)]

    assert states == [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6)]
    assert (loader.state_dict()["epoch"], loader.state_dict()["batch"]) == (1, 0)


def test_stopped_in_the_last_batch_an_epoch_has_none_left():
    loader = augmented()
    for _ in loader:
        state = loader.state_dict()

    resumed = augmented()
    resumed.load_state_dict(state)

    assert list(resumed) == []
    assert bytes_of(resumed) == bytes_of(loader)


def test_set_epoch_keeps_a_loaded_place_in_that_epoch():
    expected = bytes_of(augmented())
    resumed = augmented()
    resumed.load_state_dict({**resumed.state_dict(), "batch": 4})
    resumed.set_epoch(0)

    assert bytes_of(resumed) == expected[2 * 4 :]


def test_set_epoch_to_another_one_starts_it_from_the_front():
    resumed = augmented()
    resumed.load_state_dict({**resumed.state_dict(), "batch": 4})
    resumed.set_epoch(1)
    twin = augmented()
    list(twin)

    assert resumed.state_dict()["batch"] == 0
    assert bytes_of(resumed) == bytes_of(twin)


def test_set_epoch_after_a_break_starts_the_epoch_again():
    loader = augmented()
    for _ in loader:
        break
    loader.set_epoch(0)

    assert bytes_of(loader) == bytes_of(augmented())


def test_the_state_is_that_of_the_iteration_started_last():
    loader = augmented()
    first = iter(loader)
    next(first)
    second = iter(loader)
    next(first)
    next(first)
    next(second)

    assert (loader.state_dict()["epoch"], loader.state_dict()["batch"]) == (1, 1)


def test_a_state_of_other_batches_is_refused():
    state = DataLoader(numbers(), batch_size=4).state_dict()

    with pytest.raises(ValueError, match="batch_size was 4 and is 5; shuffle was 0 and is 1"):
        DataLoader(numbers(), batch_size=5, shuffle=True, seed=0).load_state_dict(state)
    with pytest.raises(ValueError, match="samples was 23 and is 24"):
        DataLoader(numbers(24), batch_size=4).load_state_dict(state)


def test_what_is_no_state_is_refused():
    with pytest.raises(ValueError, match="no state of a DataLoader: seed, batch is missing"):
        DataLoader([1]).load_state_dict({"epoch": 0, "samples": 1, "batch_size": 1, "shuffle": 0})


def test_negative_epochs_are_refused():
    with pytest.raises(ValueError, match="count from 0, got -1"):
        DataLoader(numbers()).set_epoch(-1)


# ---- transforms --------------------------------------------------------------------------------


def test_a_transform_changes_the_images_and_nothing_else():
    dataset = pictures()
    before = dataset.tensors[0].numpy().copy()

    images, labels = next(iter(DataLoader(dataset, batch_size=4, transform=ToFloat())))

    np.testing.assert_allclose(images.numpy(), before[:4] / 255, rtol=1e-6)
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    np.testing.assert_array_equal(dataset.tensors[0].numpy(), before)


def test_a_plain_function_is_a_transform():
    halves = DataLoader(numbers(4), batch_size=4, transform=lambda x: x.astype(np.float32) / 2)

    assert next(iter(halves))[0].tolist() == [0, 0.5, 1, 1.5]


def test_every_batch_and_every_epoch_has_its_own_chance():
    same = TensorDataset(np.zeros((8, 1, 2, 2), np.float32))
    loader = DataLoader(same, batch_size=2, seed=0, transform=GaussianNoise(1.0))
    batches = {batch[0].numpy().tobytes() for _ in range(3) for batch in loader}

    assert len(batches) == 3 * 4


def test_bare_tensors_are_transformed_too():
    bare = DataLoader(list(np.zeros((2, 1, 2, 2), np.uint8)), batch_size=2, transform=ToFloat())

    assert next(iter(bare)).dtype == np.float32


def test_a_transform_that_promotes_is_refused():
    loader = DataLoader(pictures(), transform=lambda x: x / 255.0)

    with pytest.raises(TypeError, match="made float64 of uint8.*ToFloat"):
        next(iter(loader))


def test_a_transform_that_loses_samples_is_refused():
    loader = DataLoader(pictures(), batch_size=4, transform=lambda x: x[0])

    with pytest.raises(ValueError, match=r"\(1, 6, 6\) of \(4, 1, 6, 6\).*whole batches"):
        next(iter(loader))


def test_a_transform_has_nothing_to_do_with_texts():
    loader = DataLoader(["one", "two"], batch_size=2, transform=ToFloat())

    with pytest.raises(TypeError, match="first part of a batch, which is here str"):
        next(iter(loader))


# ---- devices -----------------------------------------------------------------------------------


@pytest.fixture
def gpu(backend):
    if backend.device == "cpu":
        pytest.skip("for a GPU, or its stand-in")
    return backend


EVERYTHING = Compose(
    [ToFloat(), RandomHorizontalFlip(), RandomShift(1), RandomAffine(9), GaussianNoise(0.1)]
)


@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("part", [None, [3, 1, 4, 1, 5, 9, 2, 6]])
def test_the_gpu_gets_the_batches_of_the_cpu(gpu, monkeypatch, resident, part):
    monkeypatch.setattr(loader_module, "RESIDENT_SHARE", 0.25 if resident else 0)
    dataset = pictures() if part is None else Subset(pictures(), part)
    settings = {"batch_size": 3, "shuffle": True, "seed": 0, "transform": EVERYTHING}

    on_gpu = list(DataLoader(dataset, device="cuda", **settings))
    on_cpu = list(DataLoader(dataset, device="cpu", **settings))

    assert len(on_gpu) == len(on_cpu)
    for ours, theirs in zip(on_gpu, on_cpu, strict=True):
        assert [part.device for part in ours] == ["cuda", "cuda"]
        assert ours[0].dtype == np.float32
        np.testing.assert_allclose(ours[0].numpy(), theirs[0].numpy(), atol=1e-6)
        np.testing.assert_array_equal(ours[1].numpy(), theirs[1].numpy())


def uploads(loader, monkeypatch) -> list[tuple[int, ...]]:
    """The shapes of what the host sends in an epoch."""
    on = tg.backend.get("cuda")
    sent = []
    original = type(on).asarray

    def watched(self, x, dtype=None):
        if self is on and isinstance(x, np.ndarray):
            sent.append(x.shape)
        return original(self, x, dtype)

    with monkeypatch.context() as patch:
        patch.setattr(tg.backend.Backend, "asarray", watched)
        for _ in loader:
            pass
    return sent


def test_a_set_that_fits_is_uploaded_once(gpu, monkeypatch):
    loader = DataLoader(pictures(), batch_size=10, device="cuda")

    assert uploads(loader, monkeypatch) == [(N, 1, 6, 6), (N,), (10,), (10,), (3,)]
    assert uploads(loader, monkeypatch) == [(10,), (10,), (3,)]  # which samples, nothing else


def test_a_set_that_does_not_fit_is_uploaded_by_batches(gpu, monkeypatch):
    free = {"free": 4 * (N * 36 + N * 8) - 1}
    monkeypatch.setattr(type(gpu), "memory", lambda self: free)
    loader = DataLoader(pictures(), batch_size=12, device="cuda")

    expected = [(12, 1, 6, 6), (12,), (11, 1, 6, 6), (11,)]
    assert uploads(loader, monkeypatch) == expected
    assert uploads(loader, monkeypatch) == expected


def test_what_just_fits_is_uploaded(gpu, monkeypatch):
    free = {"free": 4 * (N * 36 + N * 8)}
    monkeypatch.setattr(type(gpu), "memory", lambda self: free)

    sent = uploads(DataLoader(pictures(), batch_size=12, device="cuda"), monkeypatch)
    assert sent == [(N, 1, 6, 6), (N,), (12,), (11,)]


def test_a_set_on_the_gpu_stays_there(gpu):
    dataset = TensorDataset(tg.arange(5, device="cuda"))

    assert dataset.host_bytes is None  # nothing to upload
    for device in (None, "cuda"):
        batches = list(DataLoader(dataset, batch_size=3, device=device))
        assert [batch[0].device for batch in batches] == ["cuda", "cuda"]
    assert next(iter(DataLoader(dataset, device="cpu")))[0].device == "cpu"


def test_samples_and_collated_batches_reach_the_gpu(gpu):
    rows = Rows(np.zeros((4, 2), np.float32), np.arange(4))
    collated = DataLoader(rows, batch_size=2, device="cuda", collate_fn=default_collate)

    for batch in [*DataLoader(rows, batch_size=2, device="cuda"), *collated]:
        assert [part.device for part in batch] == ["cuda", "cuda"]


def test_an_unknown_device_is_refused_at_once():
    with pytest.raises(ValueError, match="unknown device 'tpu'"):
        DataLoader(numbers(), device="tpu")


# ---- errors ------------------------------------------------------------------------------------


def test_an_empty_data_set_is_refused():
    with pytest.raises(ValueError, match="the data set is empty"):
        DataLoader(TensorDataset(np.zeros((0, 3))))


def test_an_epoch_without_any_batch_is_refused():
    with pytest.raises(ValueError, match="7 samples do not fill one batch of 8.*no batch at all"):
        DataLoader(numbers(7), batch_size=8, drop_last=True)


@pytest.mark.parametrize("batch_size", [0, -4])
def test_a_batch_has_at_least_one_sample(batch_size):
    with pytest.raises(ValueError, match=f"at least 1, got {batch_size}"):
        DataLoader(numbers(), batch_size=batch_size)


@pytest.mark.parametrize("batch_size", [2.0, True, None, "32"])
def test_a_batch_size_is_a_whole_number(batch_size):
    with pytest.raises(TypeError, match="batch_size must be a whole number"):
        DataLoader(numbers(), batch_size=batch_size)


def test_labels_as_a_second_argument_are_explained():
    with pytest.raises(TypeError, match=r"got ndarray.*TensorDataset\(images, labels\)"):
        DataLoader(np.zeros((4, 2)), np.zeros(4))


@pytest.mark.parametrize("seed", [-1, 1.5, True, "a"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="seed must be a whole number"):
        DataLoader(numbers(), seed=seed)


def test_a_stream_of_samples_is_refused():
    with pytest.raises(TypeError, match="got generator: make a list of it"):
        DataLoader(sample for sample in range(3))


def test_it_says_what_it_is():
    described = repr(DataLoader(numbers(1000), batch_size=64, shuffle=True, seed=0))

    assert described == "<DataLoader of 1,000 samples in 16 batches of 64, shuffled>"
