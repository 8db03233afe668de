"""What is said of the task: restore."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    "about model unet": "restores pictures: task=denoise, enlarge, inpaint, ...",
    "about model denoising-vae": "autoencoder, dense, shown noisy pictures",
    # ---- options ---------------------------------------------------------------------------------
    "restore help": "take noise out of pictures, or make them twice as large",
    "restore help long": "Restore pictures: take out noise, or make them twice as large. Without "
    "pictures this is done with test pictures that are damaged first, and the decibels gained are "
    "printed beside those of filters and of bicubic interpolation.",
    "restore help epilog": """examples:
  tinygen restore                             test digits with noise
  tinygen restore scan.png                    a noisy picture of yours
  tinygen restore clean.png --damage --sigma 0.5
                                              a clean one: noise is added first
  tinygen restore small.png --task enlarge    twice as large""",
    "restore help task": "what to do (default: denoise)",
    "restore help damage": "your pictures are clean: damage them first, and tell how much of that "
    "was undone",
    "restore help sigma": "the standard deviation of the noise that is added, of pixels from 0 to "
    "1 (default: {default})",
    "restore no sigma": "--sigma is how much noise is added before it is taken out: it needs "
    "--task denoise, and with pictures of your own --damage",
    "restore to denoise": "take out noise",
    "restore to enlarge": "enlarge pictures",
    "restore train": "tinygen train unet --set task={task}",
    "restore unable denoise": "{source} holds the model {model}, which did not learn to take out "
    "noise: a unet with task=denoise and a denoising-vae did, and a vae without classes can try",
    "restore unable enlarge": "{source} holds the model {model}, which did not learn to enlarge "
    "pictures: a unet with task=enlarge did",
    # ---- the report ------------------------------------------------------------------------------
    "restore title denoise": "Less noise",
    "restore title enlarge": "Twice as large",
    "restore lead denoise": "The model {model} took the noise out of {count:picture|pictures} "
    "({source}).",
    "restore lead enlarge": "The model {model} made {count:picture|pictures} ({source}) twice as "
    "large.",
    "restore heading": "Before and after",
    "restore caption denoise": "The difference is what was taken for noise.",
    "restore caption enlarge": "The difference is what the model added to bicubic interpolation, "
    "which invents nothing.",
    "restore note noise": "Noise with a standard deviation of {sigma:g} was added (seed {seed}); "
    "values beyond black and white became black and white.",
    "restore heading numbers": "How near {count:picture|pictures} come to the true ones",
    "restore column what": "",
    "restore column psnr": "PSNR",
    "restore column gain": "gained",
    "restore column l1": "absolute error",
    "restore column judge": "read rightly",
    "restore decibels": "{value:.2f} dB",
    "restore gain": "{value:+.2f} dB",
    "restore error": "{value:.4f}",
    "restore share": "{value:.1%}",
    "restore note judge": "A classifier that had no part in making the pictures reads {share:.1%} "
    "of the true ones rightly.",
    "restore given": "as it was given",
    "restore noisy": "with the noise",
    "restore gaussian": "Gaussian filter, {setting:g} pixels: the best of five",
    "restore median": "median filter, {setting:g} x {setting:g}: the best of three",
    "restore bicubic": "bicubic interpolation",
    "restore model": "the model ({model})",
}
