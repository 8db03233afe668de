"""What the commands but those of the tasks say; also their help and the demo's page."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES = {
    # ---- for all commands ----------------------------------------------------------------------
    "failed": "tinygen {command}: {reason}",
    "note": "Note: {message}",
    "stopped": "Stopped.",
    "unrecognized": "unrecognized arguments: {words}",
    "busy": "Note    other programs use {busy:.1f} of the {cores} cores: until they end, this can "
    "take many\n        times as long",
    "no place for output": "nothing can be written into {folder} ({reason}): choose another with "
    "--out",
    "not a whole number": "{given!r} is not a whole number of at least {minimum}",
    "not positive": "{given!r} is not a number above 0",
    "negative": "{given!r} is not a number of at least 0",
    "no such family": "{given!r} is none of {families}",
    "not a list": "{given!r} is not a list such as 0,1,2",
    "not a setting": "{given!r} is not of the form NAME=VALUE, such as latent=64",
    "did you mean": "; did you mean {name!r}?",
    "no such model": "there is no model {given!r}{meant} (there are: {models})",
    "no such model file": "there is no file {path}, and no trained model of that name comes with "
    "tinygen{meant} (there are: {names})",
    "no weights": "no trained {model} comes with tinygen (only {names}): train one with tinygen "
    "train {model}, and give its checkpoint, tinygen-run/best.npz",
    # ---- help ----------------------------------------------------------------------------------
    "help": "Learn how images are generated and edited by neural networks.",
    "help epilog": """\
examples:
  tinygen demo                            train one model of each family, and look at them
  tinygen generate cgan --label 7         draw sevens with a model that comes with tinygen
  tinygen train vae --data fashion-mnist  train a model of your own
  tinygen COMMAND --help                  what a command does, with examples

Data sets are looked for in $TINYGEN_DATA, then in the user's cache, then on the network.
The exit code is 0 if all went well, 1 if something failed, 2 if the command must be given in
another way, and 130 after Ctrl-C.""",
    "help title commands": "commands",
    "help demo": "train four small models and make a page about them",
    "help demo long": "Train one model of each family, test it on pictures that it has not seen, "
    "and write a page about it: a CNN that reads characters, a VAE that packs them into a few "
    "numbers, a conditional GAN that draws them on command, and an RNN that completes them. Open "
    "index.html in any browser, a network connection is not needed. They learn the handwritten "
    "digits of MNIST if these are on this machine or can be fetched within {seconds} s, and drawn "
    "digits and letters otherwise. The models are kept as well, for tinygen evaluate and tinygen "
    "generate.",
    "help demo epilog": """\
examples:
  tinygen demo                          the whole of it, into the folder tinygen-demo
  tinygen demo --offline                never ask the network
  tinygen demo --only cnn,gan           two of the four: the CNN reads what the GAN draws
  tinygen demo --seed 1 --out second    other first weights: how different is the result?""",
    "help train": "train a model on a data set or on your own pictures",
    "help train long": "Train a model: to tell the classes of a data set apart, or to draw "
    "pictures like its own. The folder gets checkpoints (best.npz, the best in validation, of a "
    "GAN the last; last.npz, to go on from), a table of each epoch (history.csv), a picture of it "
    "(curves.png), and pictures that the model drew, if it draws any (samples.png). Ctrl-C saves "
    "before it ends.",
    "help train epilog": """\
models, and how they are trained if nothing else is said:
{models}

examples:
  tinygen train cnn                                   on MNIST, into the folder tinygen-run
  tinygen train cnn --data glyphs --epochs 3          drawn digits and letters
  tinygen train cnn --data pets --out pets-run        pets/train/cat/*.jpg, pets/test/cat/*.jpg
  tinygen train cnn --resume                          go on where it was stopped
  tinygen train cnn --epochs 12 --set dropout=0.3 --shift 2 --all
                                                      some 99.4% on MNIST
  tinygen train vae --set latent=2 --set hidden=400,200
                                                      arguments of the model itself
  tinygen train vae --set classes=true                told what each picture shows
  tinygen train dcgan --data fashion-mnist --out clothes

then:
  tinygen evaluate tinygen-run/best.npz
  tinygen generate clothes/best.npz""",
    "help model": "  {name}  {about}; {epochs} epochs, batches of {batch_size}, lr {lr:g}",
    "about model cnn": "classifier, small and fast",
    "about model lenet": "classifier, LeNet-5",
    "about model five-blocks": "classifier, five blocks of convolutions",
    "about model resnet": "classifier, residual, for CIFAR-10",
    "about model vae": "autoencoder, dense",
    "about model conv-vae": "autoencoder, convolutional",
    "about model gan": "GAN, dense",
    "about model dcgan": "GAN, convolutional",
    "about model cgan": "GAN, told what to draw",
    "about model wgan-gp": "GAN with a Wasserstein critic",
    "about model row-lstm": "classifier, reads row by row",
    "about model row-generator": "draws row by row, told what",
    "about model made": "draws pixel by pixel",
    "help evaluate": "test a trained model",
    "help evaluate long": "Test a trained model on pictures that it has not learned from. Of a "
    "classifier: accuracy with its 95% interval, precision, recall, F1, area below the ROC curve, "
    "log-loss and calibration, and what it takes for what. Of an autoencoder: the bound on the "
    "likelihood in its parts, the likelihood itself, and what is left of pictures. Of a model "
    "that draws pixel by pixel or row by row: its likelihood. Of a GAN: what a classifier says of "
    "its digits.",
    "help evaluate epilog": """\
examples:
  tinygen evaluate tinygen-run/best.npz                on the test pictures of its own data set
  tinygen evaluate tinygen-run/best.npz --data pets    on those of another with the same classes
  tinygen evaluate vae --pictures 1000 --samples 5000  as it is done in papers: slowly
  tinygen evaluate judge                               a model that comes with tinygen""",
    "help generate": "draw new pictures with a trained model",
    "help generate long": "Draw new pictures with a trained model, into one picture, samples.png, "
    "or into a file for each as well. The models vae, cgan and row-generator come with tinygen and "
    "draw handwritten digits at once. With --report they are also judged by a classifier, and "
    "compared with the training pictures that they are nearest to.",
    "help generate epilog": """\
examples:
  tinygen generate cgan                           digits, into the folder tinygen-samples
  tinygen generate cgan --label 7 --n 16          sevens
  tinygen generate row-generator --labels 2,0,2,6 --temperature 0.7
  tinygen generate vae --seed 1 --each            others, and a file for each
  tinygen generate cgan --report                  what they are worth, on a page
  tinygen generate tinygen-run/best.npz           by a model of your own""",
    "help data": "list, fetch or show data sets",
    "help data long": "List the data sets, fetch one for later work without a network, or draw "
    "some of its pictures.",
    "help data epilog": """\
examples:
  tinygen data list               what there is, and what of it is on this machine
  tinygen data get fashion-mnist  fetch it into the user's cache
  tinygen data show glyphs        draw some of its pictures""",
    "help data list": "what there is, and what of it is on this machine",
    "help data get": "fetch a data set and verify it",
    "help data show": "draw some pictures of a data set",
    "help info": "what is inside a file that tinygen wrote",
    "help info long": "Verify a checkpoint, or a file of tg.save, and say what is inside: how far "
    "the training had come, its parts, and all arrays.",
    "help info epilog": """\
example:
  tinygen info tinygen-run/best.npz""",
    "help doctor": "what is installed, what works, and what to do about the rest",
    "help doctor long": "Say what is installed, what works, and what to do about the rest. The "
    "exit code is 0 if tinygen works on the CPU.",
    "help option model": "which model, see below",
    "help option data": "{names}, or a folder with train/CLASS/*.jpg (default: mnist; for resnet "
    "cifar10)",
    "help option data evaluated": "a data set or a folder (default: what it was trained on)",
    "help option epochs": "how often to go through the training pictures (default: see below)",
    "help option demo epochs": "how often each model goes through its training pictures (default: "
    "on MNIST 2 for the VAE and 1 for the others, on drawn characters 3 to 6)",
    "help option only": "train only some: {names}",
    "help option batch size": "pictures to learn from at a time (default: see below)",
    "help option lr": "the learning rate at its peak (default: see below)",
    "help option shift": "move training pictures by up to so many pixels (default: 0)",
    "help option set": "an argument of the model's own; a wrong name tells what there is",
    "help option all": "learn from all training pictures, and validate with none (GANs always do)",
    "help option resume": "go on from last.npz in the folder of --out, as if never stopped",
    "help option seed": "for the first weights and all that is random (default: {default})",
    "help option seed shown": "which pictures (default: {default})",
    "help option seed noise": "for the noise (default: {default})",
    "help option device": "cuda is an NVIDIA GPU through CuPy (default: %(default)s)",
    "help option out": "the folder for the results (default: %(default)s)",
    "help option out evaluated": "the folder for the pictures (default: that of the checkpoint, or "
    "tinygen-NAME)",
    "help option out get": "a folder of your own (default: the user's cache)",
    "help option out show": "the picture to write (default: NAME.png)",
    "help option offline": "never ask the network",
    "help option checkpoint": "a file of tinygen train, or what comes with tinygen: {names}",
    "help option pictures": "how many test pictures to estimate the likelihood of an autoencoder "
    "for (default: 200), or how many pictures of a GAN to judge (default: 10000)",
    "help option samples": "how many codes to draw for each of an autoencoder's (default: 500)",
    "help option n": "how many (default: %(default)s)",
    "help option label": "what all shall show, by name or number",
    "help option labels": "what they shall show in turn (default: all classes)",
    "help option temperature": "of made, pixelcnn and row-generator: below 1 for likelier, "
    "less varied pictures (default: 1)",
    "help option each": "also write each picture into a file of its own",
    "help option name": "{names}",
    "help option file": "a file of tinygen train, save_checkpoint or tg.save",
    # ---- data ----------------------------------------------------------------------------------
    "about mnist": "MNIST: handwritten digits",
    "about fashion-mnist": "Fashion-MNIST: clothes and shoes",
    "about cifar10": "CIFAR-10: small photographs of animals and vehicles",
    "about glyphs": "drawn digits and letters",
    "about shapes": "drawn shapes in colour",
    "about ring": "points of eight Gaussians on a circle, for generators",
    "about canvases": "digits in boxes, for detectors",
    "about strips": "lines of digits and what they say, for readers",
    "no classes": "{name} has no classes, and models are trained here on pictures that have some: "
    "tinygen data show {name} draws some of it",
    "nothing to fetch": "{name} is drawn by a program: there is nothing to fetch",
    "fetching": "Fetching {file} from {host}",
    "fetched": "  {done:4.0%} of {size}",
    "no such data": "{reason}. For your own pictures give an existing folder with "
    "train/CLASS/*.jpg",
    "data head name": "name",
    "data head pictures": "pictures",
    "data head size": "size",
    "data head place": "where",
    "data head summary": "what",
    "data any": "any number",
    "data drawn": "drawn when asked for",
    "data absent": "to be fetched, {size}",
    "data is in": "{name} is whole, in {folder}",
    "data shown": "{name}: {train:,} + {test:,} pictures of {channels} x {height} x {width}, "
    "{classes} classes\nPicture {path}",
    "data sample": "{name}: {about}; {count:,} of them",
    "data shown title": "{name}: training pictures",
    # ---- a training run ------------------------------------------------------------------------
    "training label": "epoch {epoch}/{epochs}  ",
    "training epoch": "epoch {epoch}",
    "training time": "{seconds:.1f} s",
    "training resumed": "Resumed after epoch {epoch}, step {step}.",
    "training stopped": "Stopped: {reason}.",
    "training interrupted": "Stopped by Ctrl-C after step {step}: saved {path}.",
    "training lost": "Stopped by Ctrl-C after step {step}: nothing is saved without out=.",
    "training no improvement": "no improvement for {epochs} epochs: the best was {value:.6g} after "
    "epoch {epoch}",
    "training only nan": "no number to monitor for {epochs} epochs, only NaN",
    "progress loss": "loss {loss:.3f}",
    "progress speed": "{speed} {unit}/s",
    "progress left": "{time} left",
    "duration seconds": "{seconds} s",
    "duration minutes": "{minutes} min {seconds:02} s",
    "duration hours": "{hours} h {minutes:02} min",
    # ---- what is found wrong with it -----------------------------------------------------------
    "finding first loss": "the first loss is {loss:.4g}; a classifier that knows nothing yet gives "
    "{formula} = {expected:.4g}. Likely causes: {causes}",
    "finding first loss high": "inputs that are not normalized (pixels up to 255?), a last layer "
    "that starts with large weights, or a loss that is summed over the batch instead of averaged",
    "finding first loss low": "weights that were trained before (then all is well), inputs that "
    "contain the answer, or a loss that is divided twice by the batch size",
    "finding probabilities": "the model ends in a {name}, but its loss takes logits and makes "
    "probabilities of them itself. With the {name} twice, training is slow and ends far from the "
    "best: leave it out of the model, and apply it where probabilities are wanted",
    "finding dead units": "ReLU units that are 0 for the whole batch, and so learn nothing: "
    "{layers}. Likely causes: a learning rate too high, biases far below 0, inputs that are not "
    "centred; nn.LeakyReLU() never dies",
    "finding saturated units": "sigmoid or tanh outputs where the slope is nearly 0: {layers}. "
    "Likely causes: inputs that are not normalized, weights that start too large, a learning rate "
    "too high",
    "finding large updates": "one step changed weights by a large part of themselves: {weights} "
    "(about 1e-3 is usual): lower the learning rate, or clip the gradients with clip_norm",
    "finding small updates": "one step hardly changed weights: {weights} of themselves (about 1e-3 "
    "is usual): raise the learning rate, or look for what makes the gradient vanish",
    "finding unused parameters": "parameters without a gradient: {names}. The loss does not depend "
    "on them: are they used in forward(), or cut off by detach() or .data?",
    "finding more": "and {count} more",
    # ---- train ---------------------------------------------------------------------------------
    "pictures": "pictures",
    "train data": "Data    {name}: {learned:,} to learn from, {validated:,} for validation, "
    "{classes} classes",
    "train model": "Model   {model} with {size:,} numbers to learn",
    "train best": "Best    {column} {value:.4g} after epoch {epoch}",
    "train files": "Files   {files} in {folder}",
    "train next": "Next    tinygen evaluate {checkpoint}",
    "train next generate": "        tinygen generate {checkpoint}",
    "train stopped": "Go on with: tinygen train {model} --resume --out {folder}",
    "train in the way": "{path} is there already: go on from it with --resume, or choose another "
    "folder with --out",
    "train nothing to resume": "there is no {path} to go on from: leave out --resume, or name the "
    "folder with --out",
    "train other recipe": "{path} was trained with {differences}: a run is resumed as it was "
    "begun, so leave these options out, or begin another with --out",
    "train other option": "--{option} {saved}, not {given}",
    "train other model": "the model {saved}, not {given}",
    "train other argument": "--set {name}={saved}, not {given}",
    "curves title": "{model} on {data}",
    # ---- evaluate ------------------------------------------------------------------------------
    "no such file": "there is no file {path}",
    "no test pictures": "{name} has no pictures to be tested on: put them into test/CLASS/",
    "other classes": "the model tells {known} classes apart ({model_classes}), {name} has "
    "{found} ({data_classes}): give --data with the same ones",
    "other shape": "the model wants pictures of {wanted}, {name} has {found} (channels, height, "
    "width)",
    "evaluate what": "{checkpoint} ({model}) on the {total:,} test pictures of {name}",
    "option in vain": "{option} means nothing for the model {model}: leave it out",
    "score accuracy": "accuracy",
    "score precision": "precision, macro mean",
    "score recall": "recall, macro mean",
    "score f1": "F1, macro mean",
    "score auc": "area below ROC, one against the rest",
    "score log loss": "log-loss",
    "score calibration": "calibration error",
    "score accuracy value": "{accuracy:.2%}  ({right:,} of {total:,}; 95% interval {low:.2%} to "
    "{high:.2%})",
    "score percent": "{value:.2%}",
    "score plain": "{value:.4f}",
    "score nats": "{value:.4f} nats",
    "score undefined": "undefined: only one class occurs",
    "score elbo": "bound: reconstruction + KL",
    "score reconstruction": "reconstruction",
    "score kl": "KL divergence",
    "score nll": "negative log-likelihood",
    "score nll estimated": "negative log-likelihood, estimated",
    "score bits": "bits per dimension",
    "score independent": "the same of independent pixels",
    "score nats short": "{value:.2f} nats",
    "score nats error": "{value:.2f} nats, give or take {error:.2f}",
    "score of some": "{value}  (of {count:,} pictures)",
    "likelihood estimated": "Estimated by importance sampling with {samples:,} codes for each "
    "picture; it tends to come out too high.",
    "likelihood conditional": "All given what the pictures show.",
    "likelihood binary": "Pixels are black or white, drawn by their greys (seed {seed}).",
    "likelihood grey and binary": "The bound is that of grey pixels, as it was trained; for the "
    "likelihoods they are black or\nwhite, drawn by their greys (seed {seed}).",
    "likelihood density": "Pixels are continuous: these are densities, which may be above 1, and "
    "their logarithms\nare not to be compared with those of black and white pixels.",
    "picture given": "test picture",
    "picture reconstructed": "reconstructed",
    "reconstructions title": "{model}: test pictures and what is left of them",
    "no judge": "There is no judge for {name}: the classifier that comes with tinygen knows MNIST "
    "only. Look at\nthe pictures yourself.",
    "judged": "Judged by the classifier that comes with tinygen: {drawn:,} drawn pictures beside "
    "{test:,} test\npictures. The distances can be compared with nothing but their floors.",
    "score confidence": "confidence of the judge",
    "score balance": "distance of class shares from the test pictures'",
    "score agreement": "agreement of the judge with the labels",
    "score frechet": "Fréchet distance from the test pictures",
    "score copying": "nearer to a training than to any test picture",
    "score short": "{value:.2f}",
    "score beside": "{value}  (test pictures: {real})",
    "score floor": "{value}  (training pictures, the floor: {real})",
    "score expected": "{value}  (without copying: {real})",
    "confusion title": "{name}: {accuracy:.2%} right",
    "picture": "Picture {path}",
    # ---- generate ------------------------------------------------------------------------------
    "cannot generate": "{source} holds the model {model}, which draws no pictures; these do: "
    "{able}",
    "no labels": "{source} holds the model {model} without classes, which cannot be told what to "
    "draw: leave out --label, or train it with --set classes=true",
    "no such label": "there is no class {given!r}: the model knows 0 to {last}{known}",
    "classes named": " ({names})",
    "no temperature": "{source} holds the model {model}, which has no temperature; made, "
    "pixelcnn and row-generator have one",
    "samples title": "{model}, seed {seed}",
    "generated": "Drawn   {count:,} by {source}\nPicture {path}",
    "generated each": "Files   {first} to {last}",
    # ---- info ----------------------------------------------------------------------------------
    "info file": "file",
    "info kind": "kind",
    "info checkpoint": "checkpoint of a training",
    "info tree": "values saved by tg.save",
    "info format": "format",
    "info verified": "{version}, verified",
    "info size": "size",
    "info values": "values",
    "info architecture": "architecture",
    "info epoch": "epoch",
    "info step": "step",
    "info metadata": "metadata",
    "info metadata of": "metadata {name}",
    "info generators": "host {host}, noise at block {block:,}",
    "info part": "{kind}: {facts}",
    "info optimizer": "{groups:group|groups}, lr {rates}, remembers {names} of "
    "{count:parameter|parameters}",
    "info nothing": "nothing",
    "info scheduler": "{steps:,} steps taken, lr {rates}",
    "info books": "{rows:,} epochs in the history, {batches:,} batches of the next",
    "info array": "array",
    "info shape": "shape",
    "info dtype": "dtype",
    "info total": "{count:,} arrays, {elements:,} elements, {size}",
    "info total of one": "1 array, {elements:,} elements, {size}",
    "info long": "{kind} of {count:,}",
    # ---- doctor --------------------------------------------------------------------------------
    "doctor works": "tinygen works on the CPU.",
    "doctor fails": "tinygen does not work: see FAIL above.",
    "doctor head": "what is there, or what to do",
    "doctor well": "ok",
    "doctor fail": "FAIL",
    "doctor missing": "-",
    "doctor threads": "Threads",
    "doctor threads free": "one for each of {cores} cores (OPENBLAS_NUM_THREADS sets fewer)",
    "doctor slow kernels": "; {variables} may choose slower kernels: unset for full speed",
    "doctor and": " and ",
    "doctor cores": "Cores",
    "doctor idle": "other programs use {busy:.1f} of {cores}",
    "doctor busy": "other programs use {busy:.1f} of {cores}: if they multiply matrices too, each "
    "can be many times slower than alone, so let one end first, or give each fewer threads "
    "(OPENBLAS_NUM_THREADS)",
    "doctor speed": "Speed",
    "doctor product": "{size} x {size} float32 product: {speed:,.0f} GFLOP/s",
    "doctor training": "Training",
    "doctor step failed": "a step failed: {kind}: {error}",
    "doctor step in vain": "a step took the loss from {before:.3f} to {after:.3f}",
    "doctor step": "a step of gradient descent through a convolution on the CPU",
    "doctor mnist": "whole and verified, in {folder}",
    # ---- demo ----------------------------------------------------------------------------------
    "demo looking": "Data    looking for MNIST on this machine",
    "demo fetching": "        not found: trying to fetch it for up to {seconds} s (--offline does "
    "not try)",
    "demo no mnist": "        MNIST could not be had: digits and letters drawn by a program take "
    "its place\n        ({reason})",
    "demo no mnist offline": "        not found, and the network is not asked: digits and letters "
    "drawn by a\n        program take its place",
    "demo data": "        {name}: {train:,} to learn from, {test:,} to be tested on",
    "demo cnn": "CNN     reads: a convolutional network with {size:,} numbers to learn",
    "demo vae": "VAE     packs and unpacks: a variational autoencoder, {size:,} numbers",
    "demo gan": "GAN     draws what it is told: a generator and its opponent, {size:,} numbers",
    "demo rnn": "RNN     continues what it has seen: an LSTM over rows, {size:,} numbers",
    "demo drawing": "Drawing the pictures",
    "demo lost": "the page {path} was not written",
    "demo page": "Page    {path}",
    "demo time": "Time    {seconds:.0f} s in all",
    "demo head model": "on {data}",
    "demo head right": "right",
    "demo head expected": "to expect",
    "demo head nats": "nats",
    "demo head as told": "read as told",
    "demo constant": "always the most frequent answer",
    "demo linear": "a linear classifier",
    "demo network one epoch": "the network, after one epoch",
    "demo network": "the network, after {epochs} epochs",
    "demo percent": "{share:.2%}",
    "demo span": "{low:.1f} to {high:.1f}%",
    "demo unknown": "-",
    "demo interval": "Tested on {total:,}: the true share of the network is between {low:.2%} and "
    "{high:.2%}\nwith 95% confidence.",
    "demo seeds": "To expect is the mean of trainings with {seeds} seeds, give or take three "
    "standard deviations.",
    "demo once": "once",
    "demo twice": "twice",
    "demo times": "{epochs} times",
    "demo nats": "{value:.1f}",
    "demo independent": "every pixel for itself, without a model",
    "demo reconstruction": "the VAE: what its pictures miss",
    "demo kl": "the VAE: what its codes cost",
    "demo elbo": "the VAE, both together",
    "demo note vae": "Fewer is better: minus the lower bound (ELBO) of the log-likelihood, its "
    "reconstruction and\nits KL divergence, with greys, as the mean of {test:,} test pictures.",
    "demo chance": "by chance",
    "demo real": "real test pictures",
    "demo drawn": "the pictures of the GAN",
    "demo note gan": "How often the CNN above reads in {total:,} pictures of the GAN what they "
    "were meant to show;\nthe true share is between {low:.1%} and {high:.1%} with 95% confidence. "
    "This CNN was trained a minute\nbefore on the same pictures: it is not an independent judge, "
    "and it does not say whether\nthe pictures differ from each other.",
    "demo unread": "        trained; no CNN was, so nobody reads its pictures (--only cnn,gan)\n",
    "demo row generator": "the RNN",
    "demo note rnn": "Fewer is better: minus the log-likelihood of {test:,} test pictures, black "
    "and white, each\nwith its class told. The class alone is worth at most ln {classes} = "
    "{told:.1f} nats.",
    # ---- the page of the demo ------------------------------------------------------------------
    "language": "en",
    "page title": "Small networks that learned to read and to draw",
    "page lead real": "Each began with random numbers. In {seconds:.0f} seconds of training, all "
    "together, they learned from {train:,} handwritten digits of {name}. Here is what "
    "each of them is, what it made of digits that it had never seen, and how good that is.",
    "page lead drawn": "Each began with random numbers. In {seconds:.0f} seconds of training, all "
    "together, they learned from {train:,} digits and letters drawn by a program. Here "
    "is what each of them is, what it made of characters that it had never seen, and how good "
    "that is.",
    "page fact cnn number": "{accuracy:.1%}",
    "page fact cnn": "read correctly by the CNN: {wrong:,} mistakes in {test:,}",
    "page fact vae number": "{total:.0f} nats",
    "page fact vae": "for a picture through the VAE; {independent:.0f} without a model",
    "page fact gan number": "{agreement:.1%}",
    "page fact gan": "of what the GAN draws is read as it was meant",
    "page fact gan unread number": "{classes}",
    "page fact gan unread": "classes that the GAN draws when told",
    "page fact rnn number": "{nll:.0f} nats",
    "page fact rnn": "for a black and white picture by the RNN; {independent:.0f} without a model",
    "page overview": "At a glance",
    "page overview caption": "What each model was given, and what it made of it, dark on light. "
    "The labels are what the CNN read, and what the GAN was told. Blue ink is the RNN's own.",
    "page overview alt": "Rows of ten pictures of {name}, with the name of what each model was "
    "given and of what it made.",
    "page chapter cnn": "The CNN reads",
    "page chapter cnn lead": "A convolutional network slides small windows over a picture and "
    "looks for patterns, then for patterns of patterns, and says in the end which of {classes} "
    "characters it sees. This one has {size:,} numbers to learn; it went {times} through "
    "{train:,} pictures, in {seconds:.0f} seconds.",
    "page chapter vae": "The VAE packs and unpacks",
    "page chapter vae lead": "A variational autoencoder squeezes a picture of {pixels} pixels into "
    "{latent} numbers, its code, and draws the picture again from them. In training the codes are "
    "blurred and held close together, so that nearby codes mean similar pictures and any random "
    "code means something. It went {times} through {train:,} pictures, in {seconds:.0f} seconds.",
    "page vae-reconstructions": "Through {latent} numbers and back",
    "page vae-reconstructions caption": "Above, test pictures; below, what is left of them when "
    "only {latent} numbers are kept. They come back smooth: what the code has no room for is "
    "averaged.",
    "page vae-reconstructions alt": "Ten test pictures of {name}, and below each the same picture "
    "as the VAE rebuilt it, a little blurred.",
    "page vae-samples": "From random codes",
    "page vae-samples caption": "Nobody wrote these. The VAE was given random numbers for a code. "
    "Some look like a character, some like something between two of them.",
    "page vae-samples alt": "Thirty new pictures in three rows, drawn by the VAE from random "
    "codes.",
    "page chapter gan": "The GAN draws what it is told",
    "page chapter gan lead": "Two networks play against each other: one turns random numbers and "
    "the name of a class into a picture, the other tries to tell these pictures from real ones. "
    "Each learns from the other's success. They went {times} through {train:,} pictures, in "
    "{seconds:.0f} seconds.",
    "page gan-samples": "Drawn on command",
    "page gan-samples caption": "The label above is what was asked for.{frames} Are those of a "
    "class different from each other? A GAN that has found one good picture likes to repeat it.",
    "page gan frames": " An orange frame marks a picture that the CNN took for something else.",
    "page gan-samples alt": "Pictures drawn by the GAN, labelled with the class that it was told.",
    "page chapter rnn": "The RNN goes on",
    "page chapter rnn lead": "A recurrent network reads a picture row by row, from the top, and "
    "remembers. From what it remembers, and the class, it tells how likely each next row is; so "
    "it can draw rows, too, and it knows the exact probability of any picture. It went {times} "
    "through {train:,} pictures, in {seconds:.0f} seconds.",
    "page rnn-completions": "Half a picture, and how it goes on",
    "page rnn-completions caption": "It saw the first {kept} of {rows} rows of test pictures, and "
    "the class. The blue is its own, drawn three times: the same beginning, other endings. Below "
    "is how the picture really went on.",
    "page rnn-completions alt": "The upper halves of ten test pictures of {name}, three "
    "completions of each by the RNN, and the real pictures.",
    "page chapter inside": "A closer look at the CNN",
    "page chapter inside lead": "How it learned, what it confuses, what its layers see, and "
    "whether it knows when it is right.",
    "picture upper": "upper half",
    "picture ending": "one ending",
    "picture another": "another",
    "picture third": "a third",
    "picture rebuilt": "rebuilt",
    "picture real": "in truth",
    "overview cnn": "CNN reads",
    "overview vae given": "VAE is given",
    "overview vae rebuilt": "VAE rebuilds them",
    "overview vae": "VAE invents",
    "overview gan": "GAN draws as told",
    "overview rnn given": "RNN is given",
    "overview rnn": "RNN completes",
    "page table": "Is that good?",
    "page predictions": "What it reads, and what fools it",
    "page predictions title": "{name}: {accuracy:.2%} read correctly",
    "page predictions alt": "Pictures that the CNN read correctly, and below them its surest "
    "mistakes, with what it took them for.",
    "page predictions caption": "Below each picture stands what the network took it for, and how "
    "sure it was. Look at the mistakes: would you have been right?",
    "page loss": "How it learned",
    "page loss alt": "A curve of the loss over the steps of the training: it falls steeply, then "
    "slowly.",
    "page loss caption": "The loss is how much the right answer surprised the network: minus the "
    "logarithm of the probability that it gave to it. Who knows nothing gives each of {classes} "
    "answers the same chance, a loss of ln {classes} = {ignorance:.2f}. There the curve begins. "
    "The pale line is one batch at a time, the strong one their running mean.",
    "page confusion-matrix": "What it takes for what",
    "page confusion-matrix alt": "A table of what was written against what was read.",
    "page confusion-matrix caption": "A row is what was written, a column what was read. Blue is "
    "right, orange is a mistake. Where orange gathers, two characters look alike to the network: "
    "do they to you?",
    "page filters": "What it looks for",
    "page filters alt": "The 24 windows of weights of the first layer, in orange and blue.",
    "page filters caption": "The first layer slides 24 small windows of 5×5 weights over the "
    "picture. Where light meets orange and dark meets blue, a window answers strongly. Nobody "
    "drew these: they began as random numbers, and each step of the training moved them a little.",
    "page activations-1": "What the first layer sees",
    "page activations-1 alt": "A test picture and the 24 maps of the first layer's answers.",
    "page activations-1 caption": "The picture in the frame is a test picture ({example}). Beside "
    "it are the answers of the 24 windows: bright where a window found what it looks for.",
    "page activations-2": "What the second layer makes of it",
    "page activations-2 alt": "The same picture and the 32 coarse maps of the second layer.",
    "page activations-2 caption": "The second layer looks for patterns in the answers of the "
    "first. Its 32 maps are coarse, 5×5: less about where, more about what. From these 800 "
    "numbers the last two layers decide.",
    "page calibration": "Does it know when it is right?",
    "page calibration alt": "Bars of how often the CNN was right, by how sure it was.",
    "page calibration caption": "Of all answers given with 80% confidence, 80% should be right: "
    "then the bars end at the dotted line. Below, how many answers were given with each "
    "confidence: nearly all are sure, so the bars on the left stand for a few pictures each, and "
    "jump about.",
    "page next": "Go on",
    "page command again": "tinygen demo --seed {seed}{epochs}{only}",
    "page command again does": "Makes this page again, with the same numbers. Another seed gives "
    "other networks: how different are they?",
    "page command after cnn": "tinygen train cnn --epochs 12 --set dropout=0.3 --shift 2 --all",
    "page command after cnn does": "Twelve times through, moved about and with gaps: some 99.4% "
    "on MNIST.",
    "page command after vae": "tinygen evaluate {folder}/vae.npz",
    "page command after vae does": "Tests the VAE of this page again, with more numbers. The other "
    "models are beside it: model.npz is the CNN, cgan.npz the GAN, row-generator.npz the RNN.",
    "page command after gan": "tinygen generate {folder}/cgan.npz --label {class}",
    "page command after gan does": "Draws 64 more of one class with the GAN of this page. cgan "
    "alone, without a folder, is one that was trained for longer.",
    "page command after rnn": "tinygen generate {folder}/row-generator.npz --temperature 0.7",
    "page command after rnn does": "Draws whole pictures with the RNN, and more carefully: at a "
    "temperature of 0 each pixel is the likeliest.",
    "page command own": "tinygen train cnn --data FOLDER",
    "page command own does": "Learns from your own pictures: FOLDER/train/cat/*.jpg, "
    "FOLDER/train/dog/*.jpg, and others in FOLDER/test.",
    "page command help": "tinygen --help",
    "page command help does": "What else there is.",
    "page footer": "Made by tinygen {version}, seed {seed}. This page and its pictures need no "
    "network connection.",
}
