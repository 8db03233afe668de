# %% [markdown] lesson="07" minutes=45 builds_on=["04","06"]
# # 07 · A CNN classifier, and how good it is
#
# **You will be able to**
# - say what accuracy hides, and measure it: confusion matrix, precision, recall, F1, ROC-AUC;
# - compute each of them yourself, with the cases of 0/0 and of equal scores;
# - climb the ladder of checks before you train: ln 10, twenty pictures, then all;
# - train a small convolutional network, and recognise three common bugs by their curves.
#
# 45 minutes without exercise 07.3, which is good for another day. It builds on lessons 04 (a
# network, a loss, Adam) and 06 (convolution, pooling).
#
# **A belief to test.** *98 % accuracy is good. AUC, which is often printed beside it, is made of
# the same yes and no; so a program with 97 % accuracy cannot have the best AUC there is, 1.* Each
# part sounds like common sense. Three small experiments will tell.

# %% setup
import numpy as np

import tinygen as tg
from tinygen import nn, plots
from tinygen.nn import functional as F
from tinygen.plots.style import FAINT, diverging_map, line_style, look, new_figure
from tinygen.teach import begin, picture, predict, reveal

rng = begin("07")

# %% [markdown]
# ## 1. What accuracy does not see
# Ten drawn characters; three of them are 8s (1), seven are not (0). A program says which are:
#
#     y_true   1 1 1 0 0 0 0 0 0 0
#     y_pred   1 1 0 1 1 0 0 0 0 0
#
# It found two 8s (*true positives*, TP = 2) and missed one (*false negatives*, FN = 1). It gave two
# false alarms (*false positives*, FP = 2), and was right about five others (TN = 5). From these:
#
#     accuracy  = (TP + TN) / all          = 7/10   how many answers are right
#     recall    = TP / (TP + FN)           = 2/3    of the true 8s, how many were found
#     precision = TP / (TP + FP)           = 2/4    of those called 8, how many are
#     F1        = 2 TP / (2 TP + FP + FN)  = 4/7    small if one of the two is
#
# (F1 is the harmonic mean of recall and precision: 2 / (1/recall + 1/precision).)
# The *confusion matrix* counts everything at once: in row i and column j stands how many of true
# class i were taken for class j. Here it is `[[5, 2], [1, 2]]`.

# %%
predict(
    "07.p1",
    "Of 1000 pictures 50 are 8s. A program says 'no 8' to all. Its accuracy and its recall are",
    ["50 % and 50 %", "95 % and 0 %", "95 % and 95 %"],
)

# %% The laziest program
y_true = np.arange(1000) < 50
y_pred = np.zeros(1000, bool)
accuracy, recall = np.mean(y_true == y_pred), np.mean(y_pred[y_true])
print(f"accuracy {accuracy:.0%}, recall {recall:.0%}")
assert (accuracy, recall) == (0.95, 0.0), "right about all that is no 8, and nothing else"
reveal("07.p1", "b", "accuracy hears the frequent class. Always ask: what would 'always no' score?")

# %% [markdown]
# So 98 % accuracy means nothing, unless one knows what the laziest program gets. Now do it for any
# number of classes. First, count.

# %% The confusion matrix exercise="07.1" difficulty=1 minutes=6 lines=3
def confusion_matrix(y_true, y_pred, classes):
    """How often each class was taken for each class.

    y_true, y_pred: whole numbers from 0 to classes - 1, of shape (n,)
    classes: how many classes there are, even if some do not occur

    Returns an int64 array of shape (classes, classes): row = true class, column = predicted class.
    """
    ### BEGIN SOLUTION
    matrix = np.zeros((classes, classes), np.int64)
    for i, j in zip(y_true, y_pred, strict=True):
        matrix[i, j] += 1
    return matrix
    ### END SOLUTION

# %% [markdown] hints="07.1"
# 1. Each picture adds 1 to one cell of the matrix. Which cell, if its true class is i and it was
#    taken for j?
# 2. Begin with zeros of dtype np.int64, and go through both arrays in step.
# 3. A loop over `zip(y_true, y_pred)` that adds 1 to the cell [i, j]. (Without a loop,
#    `matrix[y_true, y_pred] += 1` does not do it: a cell that is named twice is raised only once.
#    `np.add.at` counts each time.)

# %% [markdown]
# Each class has its own precision and recall: look at one class against all others. On the diagonal
# of the matrix stand its hits; its row sums to how often it is *true*, its column to how often it
# is *predicted*. Where a class never occurs, or is never predicted, there is 0/0. One has to agree
# on a value, and say so; like the library, we take 0. In counts, F1 needs no further rule:
#
#     precision = hits / predicted     recall = hits / true     F1 = 2 hits / (predicted + true)

# %% Precision, recall and F1 exercise="07.2" difficulty=2 minutes=8 lines=6
def precision_recall_f1(matrix):
    """Precision, recall and F1 of each class.

    matrix: a confusion matrix, (classes, classes), row = true class

    Returns three float64 arrays of shape (classes,). 0/0 is 0.
    """
    ### BEGIN SOLUTION
    hits, predicted, true = np.diagonal(matrix), matrix.sum(axis=0), matrix.sum(axis=1)

    def ratio(above, below):
        return np.where(below > 0, above / np.maximum(below, 1), 0.0)

    return ratio(hits, predicted), ratio(hits, true), ratio(2 * hits, predicted + true)
    ### END SOLUTION

# %% [markdown] hints="07.2"
# 1. Which sum of the matrix counts how often a class was *predicted*: over the rows, or over the
#    columns? Try it on `[[5, 2], [1, 2]]`, where class 1 was predicted 4 times.
# 2. `matrix.sum(axis=0)` has one number for each column. Write a small function for "a/b, and 0
#    where b is 0", and use it three times.
# 3. Wherever the divisor is 0, the hits are 0 too. So dividing by `np.maximum(below, 1)` gives 0
#    there, and changes nothing elsewhere.

# %% The same as the library, with classes that never occur
labels, guesses = rng.integers(0, 5, 60), rng.integers(0, 4, 60)
labels[labels == 1] = 2  # class 1 never occurs, class 4 is never predicted, class 5 is neither
matrix = confusion_matrix(labels, guesses, 6)
mine = precision_recall_f1(matrix)
every = {"labels": range(6), "average": None, "zero_division": 0}
scores = (tg.metrics.precision_score, tg.metrics.recall_score, tg.metrics.f1_score)
for value, score in zip(mine, scores, strict=True):
    np.testing.assert_allclose(value, score(labels, guesses, **every), err_msg="as the library")
theirs = tg.metrics.confusion_matrix(labels, guesses, labels=range(6))
assert np.array_equal(matrix, theirs), "the same counts as the library"
ten = precision_recall_f1(np.array([[5, 2], [1, 2]]))
assert np.allclose([value[1] for value in ten], [2 / 4, 2 / 3, 4 / 7]), "as by hand"
print("F1 of the six classes:", mine[2].round(2))

# %% [markdown]
# ## 2. Scores, and a threshold that moves
# A network does not say yes or no. It gives a *score*, say the probability of an 8, and somebody
# chooses the threshold from which on it counts as a yes. Seven pictures, three of them 8s:
#
#     8s       0.9  0.8  0.4
#     others   0.7  0.4  0.3  0.1
#
# At the threshold 0.5 two of three 8s are called 8 (recall 2/3), and one of four others (*false
# positive rate* 1/4). At 0.4 it is 3/3 and 2/4. Let the threshold fall from above all scores to the
# lowest, and draw false positive rate and recall: this is the **ROC curve**, from (0, 0) to (1, 1).
#
# The area below it, **AUC**, has a meaning of its own: *take a random 8 and a random other; how
# probable is it that the 8 has the higher score?* (A tie counts 1/2.) Of the 3 · 4 pairs, 0.9 and
# 0.8 win 4 each, and 0.4 wins 2 and ties with one: 10.5 / 12 = 0.875.

# %%
predict(
    "07.p2",
    "Replace each score s, some of them negative, by s³. What does AUC become?",
    ["larger: the good ones move away", "smaller", "it stays the same"],
)

# %%
predict(
    "07.p3",
    "Can a program have an accuracy of 97 %, a recall of 0 and an AUC of exactly 1?",
    ["no: AUC is at most the accuracy", "no: without recall there is no area", "yes"],
)

# %% The ROC curve exercise="07.3" difficulty=3 minutes=10 lines=5
def roc_curve(positive, scores):
    """False positive rate and true positive rate while the threshold falls.

    positive: bool, (n,), with at least one True and one False
    scores: numbers, (n,); "yes" is said where score >= threshold

    Returns fpr, tpr: two float64 arrays that begin with (0, 0) and end with (1, 1), and have one
    point for each *different* score, taken as the threshold, from the highest to the lowest.
    """
    ### BEGIN SOLUTION
    thresholds = np.unique(scores)[::-1]
    yes = scores >= thresholds[:, None]
    fpr = yes[:, ~positive].mean(axis=1)
    tpr = yes[:, positive].mean(axis=1)
    return np.append(0.0, fpr), np.append(0.0, tpr)
    ### END SOLUTION

# %% [markdown] hints="07.3"
# 1. For one threshold: which pictures get a yes? Which share of the positive ones is that, and
#    which share of the negative ones?
# 2. `np.unique(scores)` has each score once, rising; you want them falling. Pictures with equal
#    scores pass the threshold together, so they make one point.
# 3. For each threshold t let `yes = scores >= t`. The point is `yes[~positive].mean()`,
#    `yes[positive].mean()`. Put (0, 0) before the first: a threshold above all scores.

# %% [markdown]
# Pairs need n² steps. Ranks do it faster. Sort all scores; the lowest has rank 1, and equal scores
# share the mean of their ranks. A positive of rank r stands above r - 1 others, positive or
# negative. Add this up over all P positives, and subtract the pairs of two positives, of which
# there are P·(P - 1)/2. What is left are the pairs that positives win against the M negatives:
#
#     pairs won = Σ (r - 1) - P·(P - 1)/2 = Σ r - P·(P + 1)/2      sums over the positives
#     AUC       = pairs won / (P·M)
#
# In the example 0.4, 0.4 share the ranks 3 and 4: (3.5 + 6 + 7 - 6) / 12 = 0.875, as by pairs.

# %% The area by ranks exercise="07.4" difficulty=3 minutes=10 lines=5
def roc_auc(positive, scores):
    """The probability that a random positive scores above a random negative; a tie counts half.

    positive: bool, (n,), with at least one True and one False
    scores: numbers, (n,)

    Returns a number from 0 to 1.
    """
    ### BEGIN SOLUTION
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2
    ranks = mean_rank[place]
    p, m = positive.sum(), (~positive).sum()
    return (ranks[positive].sum() - p * (p + 1) / 2) / (p * m)
    ### END SOLUTION

# %% [markdown] hints="07.4"
# 1. What is the rank of a score that is equal to no other? Count the scores below it. And if k
#    scores are equal, which k ranks do they share?
# 2. `np.unique(scores, return_inverse=True, return_counts=True)` gives the different scores, for
#    each picture the place of its score among them, and how often each occurs.
# 3. The last rank of each different score is `np.cumsum(count)`, its first is `count - 1` less, and
#    the mean lies halfway. Index these means with the places: now every picture has its rank. The
#    rest is the formula.

# %% Pairs, ranks, areas: three ways to one number
positive = np.arange(800) < 40
scores = np.where(positive, 1.0, -1.0) + 1.2 * rng.standard_normal(800)
scores = scores.round(1)  # so that there are ties
margin = scores[positive][:, None] - scores[~positive]
by_pairs = np.mean((margin > 0) + 0.5 * (margin == 0))
fpr, tpr = roc_curve(positive, scores)
under_curve = np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2)
print(f"by pairs {by_pairs:.6f}, by ranks {roc_auc(positive, scores):.6f}, area {under_curve:.6f}")
assert abs(roc_auc(positive, scores) - by_pairs) < 1e-12, "ranks count the pairs"
assert abs(under_curve - by_pairs) < 1e-12, "the area is the share of the pairs that are won"
assert abs(tg.metrics.roc_auc_score(positive, scores) - by_pairs) < 1e-12, "as the library"
theirs = tg.metrics.roc_curve(positive, scores, drop_intermediate=False)
assert np.allclose([fpr, tpr], theirs[:2]), "the library's points"

assert roc_auc(positive, scores**3) == roc_auc(positive, scores), "only the order counts"
reveal("07.p2", "c", "s³ rises with s, so the order stays, and AUC sees nothing but the order.")

shy = np.where(np.arange(1000) < 30, 0.4, 0.3) + 0.05 * rng.random(1000)  # 30 positives
rare = np.arange(1000) < 30
print(f"accuracy at 0.5: {np.mean((shy >= 0.5) == rare):.0%}, AUC {roc_auc(rare, shy)}")
assert np.mean((shy >= 0.5) == rare) == 0.97, "no score reaches 0.5: all are called negative"
assert roc_auc(rare, shy) == 1.0, "and yet every positive stands above every negative"
reveal("07.p3", "c", "the order is perfect; only the threshold stands too high. Move it to 0.38.")

# %% An area from labels is not the area
said_yes = scores >= 0
two = {"from scores": scores, "from labels": said_yes * 1.0}
picture(plots.roc_curve_plot(positive, two, title="One program, two areas"), "roc",
        "the curve from scores is round; the one from labels has a single corner, which lies on "
        "the other curve, and less area below it")
from_labels = roc_auc(positive, said_yes * 1.0)
balanced = (np.mean(said_yes[positive]) + np.mean(~said_yes[~positive])) / 2
assert from_labels < by_pairs - 0.02, "labels have thrown the order away"
assert abs(from_labels - balanced) < 1e-12, "what is left is the mean of two recalls"

# %% [markdown]
# From labels the curve has three points; its area is only the mean of the recalls of both classes.
# So AUC needs *scores*. (The truth it needs, of course.) The second and the third belief are gone.
#
# ## 3. A classifier, and a ladder to climb before it is trained
# Which measure fits depends on the task. **Classification** gives one label for a picture: what you
# have seen above. **Detection** gives boxes with labels: overlap with the true box (IoU), average
# precision. **Recognition** says who it is, or what is written: accuracy of same-or-different, or
# the rate of wrong characters. The article uses the words without telling them apart.
#
# And measure on pictures that had no say. *Training* pictures fit the weights, *validation*
# pictures choose settings, *test* pictures are looked at once, at the end. (The 50,000 pictures of
# ImageNet that the article calls test pictures are the validation pictures.)
#
# Before you train for long, climb three rungs. **One**: a network that knows nothing gives each of
# 10 classes 1/10, so its cross-entropy is -ln(1/10) = ln 10 = 2.303. **Two**: it can learn 20
# pictures by heart. **Three**: only then, all of them. (The article's `train(x)` fails before rung
# one: it gets no labels, and its loss is never defined.)

# %% Drawn digits, and a training loop
digits = tg.data.synthetic_digits(2000, 1000, seed=7)
train_x, test_x = (tg.tensor(pictures[:, None] / np.float32(255))
                   for pictures in (digits.train_images, digits.test_images))
train_y, test_y = tg.tensor(digits.train_labels), digits.test_labels


def train(net, images, labels, epochs, lr=5e-3, shuffle=True):
    """Minimise the cross-entropy with Adam, 50 pictures at a time; give the loss of each step."""
    optimizer = tg.optim.Adam(net.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        order = rng.permutation(len(labels)) if shuffle else np.arange(len(labels))
        for place in range(0, len(order), 50):
            batch = order[place : place + 50]
            loss = F.cross_entropy(net(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def predicted(net, images):
    with tg.no_grad():
        return net(images).argmax(1).numpy()

# %% Rungs one and two
net = tg.models.LeNet5()  # two convolutions, two poolings, three dense layers
first = F.cross_entropy(net(train_x[:500]), train_y[:500]).item()
print(f"before training: loss {first:.3f}, ln 10 = {np.log(10):.3f}")
assert abs(first - np.log(10)) < 0.1, "an untrained classifier must know nothing"

by_heart = train(net, train_x[:20], train_y[:20], epochs=60)[-1]
print("twenty pictures by heart: loss", "below 0.01" if by_heart < 0.01 else by_heart)
assert by_heart < 0.01, "a network that cannot learn 20 pictures has a bug"

# %% Rung three
net = tg.models.LeNet5()
kernels = [net.convolutions[0].weight.detach().numpy().copy()]
train(net, train_x, train_y, epochs=3)
kernels.append(net.convolutions[0].weight.detach().numpy())
guesses = predicted(net, test_x)
print(f"right on 1000 digits that it has never seen: {np.mean(guesses == test_y):.0%}")
assert np.mean(guesses == test_y) > 0.85, "three times through 2000 pictures must do"
picture(plots.confusion_matrix(confusion_matrix(test_y, guesses, 10)), "confusion",
        "true digits in rows, what they were taken for in columns: nearly all on the diagonal")

# %% What the first layer has learned
with look():
    figure = new_figure(7, 2.5)
    for row, (when, six) in enumerate(zip(("before", "after"), kernels, strict=True)):
        for column, kernel in enumerate(six[:, 0]):
            axes = figure.add_subplot(2, 6, 6 * row + column + 1, xticks=[], yticks=[])
            axes.imshow(kernel, cmap=diverging_map(), vmin=-0.4, vmax=0.4)
            axes.set_ylabel(when if column == 0 else "")
picture(figure, "kernels", "the six kernels of the first layer: before training noise; after it "
        "larger areas of one sign, edges and bars, on the remains of the noise")
assert np.abs(kernels[1]).mean() > np.abs(kernels[0]).mean(), "training has made them stronger"

# %% Is it an 8? The same network at every threshold
eight = test_y == 8
score = net.predict_proba(test_x).numpy()[:, 8]
precision, recall, thresholds = tg.metrics.precision_recall_curve(eight, score)
with look():
    figure = new_figure(6, 3.2)
    axes = figure.subplots()
    axes.plot(thresholds, precision[:-1], label="precision", **line_style(0))
    axes.plot(thresholds, recall[:-1], label="recall", **line_style(1))
    axes.axvline(0.5, color=FAINT, linewidth=1, linestyle=":")
    axes.set(xlabel="called an 8 from this probability on", ylabel="share", title="Is it an 8?")
    axes.legend(loc="lower center")
picture(figure, "threshold", "as the threshold rises, recall falls and precision rises; at 0.5, "
        "the dotted line, neither is at its best")

always_no = np.mean(~eight)
print(f"always 'no': accuracy {always_no:.2f}, recall 0.00, AUC 0.50")
print(f"the network: accuracy {np.mean((score >= 0.5) == eight):.2f}, "
      f"recall {np.mean(score[eight] >= 0.5):.2f}, AUC {roc_auc(eight, score):.3f}")
assert (np.diff(recall) <= 0).all(), "a higher threshold never finds more"
assert roc_auc(eight, score) > 0.95 > always_no, "the network knows what the lazy program does not"

# %% [markdown]
# Nobody has to live with 0.5. Who must not miss an 8 takes a lower threshold and reads the price,
# in precision, off the other curve. (Choose it on validation pictures.)
#
# ## 4. Break it: three common bugs
# The article's network has a ReLU behind *every* dense layer, the last one too. It halves its
# pictures five times, until one pixel is left. And it says nothing of shuffling (nor of seeds, a
# split or a measure). Here is each of the three on its own, on digits of 14 x 14, to be quick:
# there, four halvings leave one pixel.

# %%
predict(
    "07.p4",
    "Train on pictures sorted by class, first all 0s, then all 1s, and so on, three times over. "
    "How many test pictures are right then?",
    ["nearly as many as with shuffling", "about half as many", "about 10 %, by chance"],
)

# %% A small network, healthy and sick
small_x, small_test = F.avg_pool2d(train_x, 2), F.avg_pool2d(test_x, 2)
by_class = np.argsort(digits.train_labels, kind="stable")


def network(poolings, *last):
    """Some convolutions of 8 channels, each with a pooling; one dense layer; what else is given."""
    layers, channels, size = [], 1, 14
    for _ in range(poolings):
        layers += [nn.Conv2d(channels, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, padding="same")]
        channels, size = 8, (size + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Dense(8 * size * size, 10), *last)


nets = {"healthy": network(2), "ReLU on the logits": network(2, nn.ReLU()), "sorted": network(2)}
losses, right = {}, {}
for name, net in nets.items():
    order = by_class if name == "sorted" else np.arange(2000)
    losses[name] = train(net, small_x[order], train_y[order], epochs=3, shuffle=name != "sorted")
    right[name] = np.mean(predicted(net, small_test) == test_y)
    print(f"{name:18}  right: {right[name]:.0%}")
assert right["healthy"] > 0.7, "a healthy network learns in 120 steps"
assert right["ReLU on the logits"] < 0.65, "the ReLU costs much"
assert right["sorted"] < 0.2, "sorted, it learns nothing that lasts"

# %% Their curves
with look():
    figure = new_figure(7, 3.4)
    axes = figure.subplots()
    for number, (name, values) in enumerate(losses.items()):
        axes.plot(values, label=name, **line_style(number))
    axes.axhline(np.log(10), color=FAINT, linewidth=1, linestyle=":")
    axes.text(-5, np.log(10) + 0.08, "ln 10", color=FAINT)
    axes.set(xlabel="step", ylabel="loss of the batch", ylim=(0, 5), title="Three loss curves")
    axes.legend(ncols=3)
picture(figure, "curves", "healthy: from ln 10 down to about 0.5. ReLU on the logits: it falls, "
        "and hangs far above. Sorted: down with the first class, high up with the next, then ln 10")
reveal("07.p4", "c", "for some steps it sees one class, says that to everything, forgets the rest.")

# %% ReLU on the logits, five times
for seed in range(5):
    tg.manual_seed(seed)
    sick = network(2, nn.ReLU())
    logits = sick(small_x).detach().numpy()
    own = logits[np.arange(2000), digits.train_labels]  # that of each picture's true class
    train(sick, small_x, train_y, epochs=3)
    never = sorted(set(range(10)) - set(predicted(sick, small_test).tolist()))
    print(f"seed {seed}: at the start {np.mean(own == 0):.0%} of the true logits are 0; "
          f"in the end it never says {', '.join(map(str, never))}")
    assert never, "whole classes are lost, whatever the seed"
sick = network(2, nn.ReLU())
by_heart = train(sick, small_x[:20], train_y[:20], epochs=60)[-1]
print("twenty pictures by heart: loss", "above 0.2" if by_heart > 0.2 else by_heart)
assert by_heart > 0.2, "rung two of the ladder finds this bug at once"

# %% How many poolings?
rights = []
for poolings, side in enumerate([7, 4, 2, 1], start=1):
    net = network(poolings)
    train(net, small_x, train_y, epochs=3)
    rights.append(np.mean(predicted(net, small_test) == test_y))
    print(f"{poolings} poolings leave {side} x {side} pixels: {rights[-1]:.0%} right")
assert rights[3] < max(rights) - 0.05, "one pixel remembers little"

# %% [markdown]
# **Symptoms.** A logit that is 0 behind a ReLU gets no gradient. If it is 0 for all pictures of a
# class, the class is never said again: *the loss falls and hangs, and some columns of the confusion
# matrix are empty*. Without shuffling, *the loss jumps when the class changes, and accuracy stays
# at chance*. Too many poolings: *everything runs, no curve looks sick, and the result is worse*.
# That is the hardest to see; only a comparison shows it.
#
# ## What changed in your head
# - Accuracy alone means nothing. Ask what the laziest program scores, then look at the confusion
#   matrix, at precision and recall.
# - AUC is about the *order* of scores: the share of pairs that are won. Any rising function leaves
#   it alone, a bad threshold cannot lower it, and from labels it is another, poorer number.
# - Climb the ladder first: ln 10, twenty pictures by heart, then all, shuffled.
#
# **Next**: lesson 08 reads a picture row by row, with a network that remembers.

# %% [markdown] teacher="07"
# ## For the teacher
# **Questions to discuss.**
# 1. *A test for a disease that 1 in 1000 has is 99 % accurate. Is that good?* "Nobody has it" is
#    99.9 % accurate. Ask for recall and precision; here even a good test has many false alarms for
#    each true one.
# 2. *AUC is 1.0 and accuracy is at chance. What do you do?* Move the threshold, on validation
#    pictures. The network has the order right; nothing needs training.
# 3. *Why is the first loss ln 10, and what does 4.6 tell you?* Equal probabilities for 10 classes
#    give -ln(1/10). 4.6 = 2 · ln 10: it is sure of wrong things, mostly because weights or pixels
#    are too large.
#
# **Commonest wrong answers.** 07.1: `matrix[y_true, y_pred] += 1`, which counts a cell that is
# named twice only once; rows and columns exchanged. 07.2: precision and recall exchanged, the plain
# mean for F1, nan for 0/0. 07.3: `>` for `>=`, a point for each picture instead of each different
# score, (0, 0) forgotten. 07.4: ranks by `argsort`, which gives equal scores different ranks; a tie
# counted as a win, or as a loss. The checker names each of these.
#
# **In 10 minutes**: 07.p1, 07.p2 and 07.p3 by a show of hands, and the picture of the two areas.
# **In 40 minutes**: sections 1 to 3 with exercises 07.1, 07.2 and 07.4 in class, the three sick
# curves as a riddle: which is which? 07.3 and section 4 at home.
