"""What is said of pictures of the user's, by all tasks: what was done to them, and the report."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- options ---------------------------------------------------------------------------------
    "own help images": "pictures of your own, PNG or JPEG, or folders with some (default: test "
    "pictures)",
    "own help model": "a model that comes with tinygen, or a file of tinygen train (default: the "
    "one for this task that comes with it)",
    # ---- what was done to a picture --------------------------------------------------------------
    "own all": "all {count} pictures",
    "own done": "{which}: {deed}.",
    "own some": "{names} and {more} more",
    "own turned": "turned upright, as its EXIF data say",
    "own first frame": "the first of its {frames} frames was taken",
    "own cmyk": "from the colours of print (CMYK) to red, green and blue",
    "own 16 bits": "from 16 bits to 8",
    "own transparent": "what is transparent became white paper",
    "own grey": "from colour to grey",
    "own colour": "from grey to colour: red, green and blue are alike",
    "own middle": "cut to its middle ({width} x {height} pixels of {full_width} x {full_height})",
    "own resized": "brought from {full_width} x {full_height} to {width} x {height} pixels",
    "own inverted": "inverted: dark on light became light on dark, as the model knows it",
    "own digit": "brought from {full_width} x {full_height} to {width} x {height} pixels: the box "
    "around the ink became {inner} pixels long, and its centre of mass went to the middle, as in "
    "MNIST",
    "own line": "brought from {full_width} x {full_height} to {width} x {height} pixels: the box "
    "around the ink became {inner_width} x {inner_height}, and its centre of mass went to the "
    "middle",
    "own whole": "brought from {full_width} x {full_height} pixels to {width} x {height}, the "
    "whole of it, with empty margins where the shapes differ",
    "own renamed": "called {name} here, as another picture has its name",
    "own passed over": "{folder}: what is no picture was passed over ({count}).",
    # ---- what is worked on -----------------------------------------------------------------------
    "own source": "your pictures",
    "own test pictures": "test pictures of {name}",
    "own no mnist": "MNIST was not found, so these are digits that were drawn by a program "
    "({reason})",
    "own fetching": "Looking for MNIST on the network, for {seconds} s at most",
    "own no model": "no trained model that could {what} comes with tinygen: train one with "
    "{train}, and give its checkpoint with --model tinygen-run/best.npz",
    "own unable": "{source} holds the model {model}, which cannot {what}{able}",
    "own able": "; these can: {names}",
    "own no test pictures": "there are no test pictures of {channels} x {height} x {width} pixels, "
    "which this model takes: give pictures of your own",
    # ---- the page of a latent space --------------------------------------------------------------
    "own latent title": "A walk through the space of codes",
    "own latent lead": "Each point of the plane is a code. Drag over it, with the mouse or a "
    "finger, or use the arrow keys, and see what the decoder makes of the code under the circle.",
    "own latent axis": "z{axis}",
    "own latent direction": "direction {number}",
    "own latent plane": "Each dot is the code of a picture that the encoder was given.",
    "own latent share": "The plane goes through the middle of all codes in the two directions in "
    "which they vary most: {share:.0%} of their variance lies in it. What lies outside of it is "
    "not to be seen here.",
    "own latent map": "A plane of codes with a dot for each picture, in the colour of its class, "
    "and a circle at the code that is shown. Move it with the arrow keys, faster with Shift.",
    "own latent picture": "The picture that the decoder makes of the code in the circle.",
    "own latent grid": "All at a glance",
    "own latent grid caption": "What the decoder made of {steps} x {steps} codes from -{span:g} to "
    "{span:g} in both directions, in the order of the plane.",
    "own latent grid alt": "A grid of decoded pictures, which change gradually from each to the "
    "next.",
    "own latent footer": "Made by tinygen. The pictures of {steps} x {steps} codes stand in this "
    "page; between them it mixes the four nearest. It needs no network connection.",
    # ---- the report ------------------------------------------------------------------------------
    "own page": "Page    {path}",
    "own beside": "        and beside it results.json and {count:picture|pictures}, each in a "
    "file of its own",
    "own page more": "And {count} more, each as a file in the folder of this page.",
    "own page notes": "What was done to the pictures",
    "own page footer": "Made by tinygen {version}. This page needs no network connection; the "
    "numbers are in results.json beside it.",
}
