"""What the checker says to learners: what is wrong, what causes it, what to do next."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    "check stub": "{number}: fill in {name}, about {lines:line|lines}. Hint: tinygen hint {number}",
    # ---- the checker: what is wrong --------------------------------------------------------------
    "check passed": "all {count} public checks passed",
    "check is not-attempted": "not attempted yet: {name} is still the stub",
    "check is raise-left-in": "line {line} still has the raise of the stub, beside what you "
    "wrote: delete it",
    "check is raised not implemented": "a raise of the stub is still reached: delete it",
    "check is missing": "the file defines no {name}",
    "check is missing similar": "the file defines no {name}. Is {detail} meant? Give it the name "
    "{name}",
    "check is not-a-function": "{name} is no function but of type {detail}: it was assigned a "
    "value",
    "check is imports": "line {line} imports {detail}. Exercises are written with NumPy and math "
    "alone",
    "check is syntax": "line {line} is no valid Python: {detail}",
    "check is syntax anywhere": "it cannot be read: {detail}",
    "check is timeout": "it was stopped. A loop that never ends, or loops over single elements "
    "where whole arrays would do?",
    "check is timeout loading": "it was stopped while the file was loaded, before the first case: "
    "is there a loop outside of the functions?",
    "check is memory": "it wanted more memory than there is for an exercise. An array that is "
    "much larger than it should be, or a list that grows without end",
    "check is crashed": "Python itself was ended by it ({detail})",
    "check is too-much-output printed": "it printed so much that it was stopped: a print in a "
    "loop that never ends",
    "check is too-much-output returned": "it returned so much that it was stopped: an array that "
    "is much larger than it should be",
    "check cause broadcast": "The shapes do not go together: print both before that line, and "
    "write the shape you expect beside each.",
    "check cause matmul": "In a product of matrices the last axis of the first must be as long as "
    "the last but one of the second: print both shapes before that line.",
    "check cause reshape": "The new shape has another number of elements than the array: print "
    "its shape before that line.",
    "check cause truth": "An array is asked whether it is true, in an if, and, or: .any() or "
    ".all() says what is meant, np.where and & | work element by element.",
    "check cause too many indices": "The array has fewer axes than there are indices: print its "
    "shape before that line.",
    "check cause axis": "The array has no such axis: print its shape before that line. A sum over "
    "an axis takes it away, and those behind it move up, unless keepdims=True keeps it.",
    "check cause mask": "A mask of truth values must have the shape of the array it picks from: "
    "print both shapes before that line.",
    "check cause index": "An index beyond the end: the last one is the length less 1. Where does "
    "the loop end, and does it go along that axis?",
    "check cause name": "A name is used that was not given a value in this function: a typing "
    "error, or a name of another function?",
    "check cause none": "Something is None there: a function that returns nothing, or an argument "
    "that may be None.",
    "check cause attribute": "Nothing has given it such an attribute: a typing error, or should "
    "another method have kept it?",
    "check cause key": "The dictionary has no such key: print its keys before that line.",
    "check cause empty": "That is asked of an array without elements: where does the slice "
    "begin, and where does it end?",
    "check cause recursion": "A function that calls itself without an end.",
    "check cause casting": "An array cannot take values of another kind in place: whole numbers "
    "cannot hold fractions. a = a / b makes a new array.",
    "check cause read only": "That array may not be written to: work on a copy.",
    "check is signature": "It is called with other arguments than it takes: they must be those of "
    "the stub. Python says: {said}",
    "check is nothing-returned": "{name} returned nothing (None): the return is missing, or not "
    "reached",
    "check is unusable": "what {name} returns cannot be used as it should be; it is of type "
    "{kind}. Python says: {said}",
    "check kind unknown": "another kind",
    "check is structure": "{path} is {yours}, where {expected} is expected",
    "check kind none": "None",
    "check kind foreign": "a value of type {kind}",
    "check kind tensor": "a Tensor of shape {shape}",
    "check kind array": "an array of shape {shape}",
    "check kind tuple": "a tuple of {count}",
    "check kind list": "a list of {count}",
    "check kind dict": "a dict with the keys {keys}",
    "check kind no dict": "an empty dict",
    "check kind string": "a string",
    "check kind number": "a single number",
    "check kind outputs": "a tuple of {count} ({names})",
    "check is shape": "{path} has the shape {yours}, expected {expected}.",
    "check is kind": "{path} is {yours}, expected {expected}.",
    "check cause swapped right": "Your numbers are right, but their axes are in another order: "
    "yours are the right ones .transpose{axes}.",
    "check cause swapped wrong": "These are the right axes in another order: yours are the right "
    "ones .transpose{axes}.",
    "check cause shape one number": "A sum or mean over all axes, where some should stay?",
    "check cause shape ones more": "There are axes of size 1 too many: keepdims=True, [:, None] "
    "or a slice a:a+1 where a single index is meant?",
    "check cause shape ones fewer": "Axes of size 1 are missing: keepdims=True in a sum, or a "
    "single index a where a slice a:a+1 is meant?",
    "check cause shape square": "An array of shape (n,) met one of shape (n, 1), and each element "
    "of one was combined with each of the other.",
    "check cause shape axis more": "There is an axis too many: a sum or mean over it may be "
    "missing.",
    "check cause shape axis fewer": "An axis is missing: a sum, a mean or an index may have taken "
    "it away.",
    "check cause shape same size": "There are as many numbers as there should be: a reshape is "
    "missing, or another one is meant.",
    "check cause shape other axis": "It looks as if axis {wrong} were taken away, by a sum or "
    "mean, where axis {right} is meant.",
    "check cause shape padding on": "It is too large: padding that was not cut off?",
    "check cause shape padding off": "It is too small: padding that is missing, or cut off twice?",
    "check cause shape larger": "It is too large: is something kept that should be left out, or a "
    "loop one step too long?",
    "check cause shape smaller": "It is too small: is something left out that should be kept, or "
    "a loop that ends too early?",
    "check is dtype": "{path} has the dtype {yours}, expected {expected}.",
    "check cause dtype wider": "Something of float64 made all that it touched float64: "
    "np.zeros(shape) and random numbers are float64 unless dtype= says otherwise.",
    "check cause dtype narrower": "Something was rounded to fewer digits on the way.",
    "check cause dtype whole": "An array of whole numbers cannot hold fractions: np.zeros_like of "
    "whole numbers, or // where / is meant?",
    "check cause dtype fraction": "These are positions or counts, which are whole numbers: / "
    "where // is meant, or np.zeros without dtype=int?",
    "check cause dtype bool": "Truth values and numbers are not the same kind of array.",
    "check cause dtype other": "Mind where the array is made.",
    "check is not finite": "not finite, and should be: {count} of {size} elements.",
    "check cause nan": "NaN comes from 0/0, inf - inf, inf*0, or the log or root of a negative "
    "number.",
    "check cause inf": "An infinity comes from a division by 0, log(0), or exp of a large number.",
    "check is changed": "{name} changed its argument {names} in place. Whoever calls it still "
    "needs the array as it was: work on a copy, and mind that +=, *= and [...] = write into the "
    "array.",
    "check changed values right": "What it returns is right.",
    "check changed values wrong": "What it returns is wrong too, perhaps for that reason.",
    # ---- the checker: what wrong numbers have in common ------------------------------------------
    "check why sign": "all {count} elements of all cases have the wrong sign: they are the right "
    "ones times -1.",
    "check why factor": "all {count} elements of all cases are {factor} x the right value.",
    "check why factor sized": "all {count} elements of all cases are the right value times "
    "{causes}: a mean where a sum is meant, or a sum where a mean is, or the like.",
    "check why factor varies": "in each case all elements are the right value times one number, "
    "but another number from case to case ({factors}): something that depends on the case's size "
    "or on one of its numbers is missing, or one too many.",
    "check cause size": "That is {causes} in every case: a sum where a mean is meant, or a mean "
    "where a sum is, or the like.",
    "check cause size perhaps": "In these cases that is also {causes}: a sum where a mean is "
    "meant, or the like?",
    "check cause twice": "Usually something is added twice, or a 1/2 is missing.",
    "check cause half": "Usually a 2 is missing (the derivative of a square has one), or a mean "
    "of two is taken where a sum is meant.",
    "check cause factor": "A constant factor is missing, or one too many.",
    "check or": " or ",
    "check why borders": "only elements near the borders are wrong{side}; all of the inside is "
    "right. The padding, or where a loop begins and ends, is usually the cause.",
    "check side first": " (at the beginning of axis {axis})",
    "check side last": " (at the end of axis {axis})",
    "check why last right": "only the last step is right, all before it are wrong: what is "
    "carried back from one step to the step before is missing or wrong.",
    "check why first right": "only the first step is right, all after it are wrong: what is "
    "carried from one step to the next is missing or wrong.",
    "check why last wrong": "only the last step is wrong, all others are right: where the loop "
    "ends, or what it starts from if it runs backwards.",
    "check why first wrong": "only the first step is wrong, all others are right: where the loop "
    "ends if it runs backwards, or what it starts from.",
    "check why branch last": "the answer is the contribution of the last path alone, of {count}: "
    "it overwrote the others, where they should be added up.",
    "check why branch first": "the answer is the contribution of the first path alone, of "
    "{count}: the others were not added to it.",
    "check why branch other": "the answer is the contribution of path {number} alone, of {count}: "
    "the others were not added to it.",
    "check why zeros": "all elements are 0: nothing was written into the array that is returned, "
    "or all of it was multiplied by 0.",
    "check why cut off": "all that should be below 0 is 0, all else is right: a maximum with 0, "
    "or a mask, where none is meant.",
    "check why some zeros": "all wrong elements are 0, all others are right: they were never "
    "written, or set to 0, by a mask or a maximum with 0.",
    "check why ties": "only elements are wrong where values are equal (ties, or a kink), all "
    "others are right: which of the equal ones counts?",
    "check why transposed": "the numbers are right, but axes {first} and {second} have changed "
    "places.",
    "check why float32": "the errors are no larger than the rounding of float32, and every number "
    "is one that float32 can hold: something on the way was float32, where the arguments are "
    "float64.",
    "check why unknown": "none that I am certain of; {wrong} of {size} elements of {path} are "
    "wrong in this case. Take the case with the smallest numbers and follow one wrong element by "
    "hand.",
    "check why near": "The errors are small, though: rounding, or an approximation, rather than "
    "another formula.",
    "check of": "Of {path}: {words}",
    "check not of": "(Of {paths} this is not so.)",
    "check no folder": "no exercises in {folder}: make a folder for the course with tinygen start "
    "DIR, and go there (cd DIR)",
    "progress unreadable": "{file} cannot be read ({reason}); it is kept as {aside}, and progress "
    "starts anew",
    # ---- the checker: how a verdict is printed ---------------------------------------------------
    "check wrong": "{names} is wrong",
    "check wrongs": "{names} are wrong",
    "check ok": "{name} ok",
    "check shapes ok": "shapes ok",
    "check head not-attempted": "not attempted yet",
    "check head raise-left-in": "the raise of the stub is still there",
    "check head missing": "it is not in the file",
    "check head not-a-function": "it is no function",
    "check head signature": "it could not be called",
    "check head exception": "it raised {kind}",
    "check head timeout": "it took too long",
    "check head memory": "it took too much memory",
    "check head imports": "it imports what it may not",
    "check head crashed": "Python crashed",
    "check head nothing-returned": "it returns nothing",
    "check head structure": "it returns another kind of thing than expected",
    "check head shape": "the shape is wrong",
    "check head transposed-shape": "the shape is wrong: axes are in another order",
    "check head dtype": "the dtype is wrong",
    "check head not-finite": "there are numbers that are not finite",
    "check head changed-argument": "it changes its argument",
    "check label case": "case:   ",
    "check label pattern": "pattern:",
    "check label what": "what:   ",
    "check label picture": "picture:",
    "check label next": "next:   ",
    "check only case": "the only one of {count} cases that is wrong",
    "check right cases": "{wrong} cases are wrong; right: {names}",
    "check wrong cases": "also wrong: {names}; {right} cases are right",
    "check cases": "{wrong} of {count} cases are wrong",
    "check worst": "worst element {place}   yours {yours}   expected {expected}   relative error "
    "{error} (want <= {wanted}, {dtype})",
    "check worst zero": "worst element {place}   yours {yours}   expected 0   error {error} (want "
    "<= {wanted}, {dtype})",
    "check worst plain": "first wrong element {place}   yours {yours}   expected {expected}",
    "check picture parts": "(yours | expected | difference)",
    "check printed": "printed by your code:",
    "check printed more": "... and {count} lines more",
    "check traceback": "where it was raised (the last line is the place):",
    "check place": "there:",
    "check line": "line {number}, in {name}:",
    "check yours": "yours",
    "check expected": "expected",
    "check yours and expected": "yours and expected",
    "check difference": "yours − expected",
    "check index": "axis {axis}",
    "check grey": " (grey: nan)",
    "check head syntax": "the file is no valid Python",
    "check head too-much-output": "there was no end to what it gave",
    "check no file": "there is no file {file}",
    "check none": "lesson {what} has no exercises",
    "check next start": "tinygen start {folder}        (lays the files that are missing)",
    "check next write": "write {name} in {file}, then: tinygen check {number}",
    "check next again": "tinygen check {number}        (when that is mended)",
    "check next hint": "tinygen hint {number}        (hint {hint} of {hints})",
    "check next solution": "tinygen solution {number} --reveal        (you have read all hints)",
    "check next check": "tinygen check {number}",
    "check next lesson": "tinygen step {number}        (lesson {done} is done)",
    "check next nothing": "nothing: lesson {done} is done, and it is the last",
    "check summary": "{passed} of {count} passed",
    "check all done": "All exercises are done. tinygen check all checks them once more.",
    "check our fault": "! {number}: the checker itself failed. This is our fault and not yours; "
    "please report what follows:",
    "check manual alone": "--manual goes with --watch",
    "check watch nobody": "--watch needs a terminal, where Ctrl-C can end it; --watch --manual "
    "waits for lines of its input instead",
    "check watching": "watching; save the file to check again, Ctrl-C to stop",
    "check enter": "Enter to check again, Ctrl-C to stop",
    "check help what": "an exercise such as 06.3, a lesson such as 06, or all; by default the "
    "next exercise that is not done",
    "check help watch": "check again whenever the file is saved",
    "check help manual": "with --watch: check again when Enter is pressed, and look at no files",
    "check help json": "write what is found to a file, for programs",
    "check help exercise": "such as 06.3",
    "check help folder": "the folder that tinygen start made; by default $TINYGEN_COURSE, or the "
    "current folder or one above it",
    # ---- start, hint, solution, reset ------------------------------------------------------------
    "start help folder": "the folder to make",
    "start laid": "{count} files laid in {folder}",
    "start kept": "{count} files were there already and stay as they are",
    "start next": "next: cd {folder}, then tinygen step 00",
    "hint number": "hint {number} of {count}",
    "hint more": "more: tinygen hint {number}",
    "hint last": "That was the last one. The solution: tinygen solution {number} --reveal",
    "solution help reveal": "show it although the exercise has not passed",
    "solution refused": "{number} has not passed yet (tinygen check {number}). tinygen hint "
    "{number} helps without giving it away; tinygen solution {number} --reveal shows it all the "
    "same",
    "reset done": "{name} in {file} is the stub again",
    "reset backup": "the file as it was: {backup}",
    "start exercise cell": "Exercise {number}: write {name} in {file},\nthen run: tinygen check "
    "{number}",
    "start conftest": "The marks of the exercises, for pytest.",
    "start tests": "The exercises as tests: pytest, or pytest -m task06_3 for a single one.",
    # ---- the files that tinygen start lays -------------------------------------------------------
    "start exercises": "Exercises of lesson {number}: {title}.\n\nReplace each line with raise, "
    "then: tinygen check {number}\n",
    "start header": "{number} · {title}\ndifficulty {difficulty} of 5, about "
    "{minutes:minute|minutes}, about {lines:line|lines}",
    "start needs": "uses {names}: the checker brings its own",
    "start readme": """\
# The course

- `lessons/`: a Python file each. `tinygen step 02` steps through one in the terminal; an editor
  runs them cell by cell; `python lessons/02_autograd_from_scratch.py` runs one at once. Change
  what you like.
- `exercises/`: here you write. Each function is a stub that raises an error until you fill it in.

```
tinygen lessons           what there is, and what you have done
tinygen step 02           step through a lesson
tinygen check             check the next exercise that is not done
tinygen check 02.1        check one, or a whole lesson: tinygen check 02
tinygen check --watch     check again whenever you save
tinygen hint 02.1         a hint; then another one, and another one
tinygen solution 02.1     when yours has passed
tinygen reset 02.1        the stub again; your version is kept beside it
pytest -m task02_1        the same check, for those who like pytest
```

Each exercise is checked on its own: what it needs of earlier exercises, the checker brings along.
What you have done is kept in `.tinygen-progress.json`; pictures of your answers are in `out/`.
`tinygen start` on this folder lays files that are missing, and leaves all others as they are.
""",
    # ---- help ------------------------------------------------------------------------------------
    "help start": "make a folder with the lessons and the exercises",
    "help start long": "Make a folder with the lessons, the files in which you write the "
    "exercises, and a README. Files that are there already stay as they are, so this also lays "
    "missing ones again.",
    "help start epilog": """\
examples:
  tinygen start my-course       then: cd my-course""",
    "help check": "check exercises, and say what is wrong",
    "help check long": "Run what you wrote on the cases of an exercise and compare it with what "
    "is right. If it is wrong: which outputs, the element that is most wrong, what the wrong "
    "numbers have in common and what usually causes that, and a picture of yours, the expected "
    "ones and the difference. Exit code: 0 all passed, 1 something is wrong, 2 wrong usage, 3 not "
    "attempted yet, 4 the checker failed.",
    "help check epilog": """\
examples:
  tinygen check                 the next exercise that is not done
  tinygen check 06.3            this one
  tinygen check 06              all of a lesson, a line each; all: of all lessons
  tinygen check 06.3 --watch    again whenever you save the file""",
    "help hint": "a hint to an exercise: three levels",
    "help hint long": "Show a hint to an exercise: a question first, next time a pointer too, at "
    "last nearly the answer.",
    "help hint epilog": """\
examples:
  tinygen hint 06.3""",
    "help solution": "the solution of an exercise",
    "help solution long": "Show how an exercise can be solved: after yours has passed, or with "
    "--reveal.",
    "help solution epilog": """\
examples:
  tinygen solution 06.3""",
    "help reset": "put the stub of an exercise back",
    "help reset long": "Put the stub of an exercise back into your file. Only that function "
    "changes, and the file as it was is kept beside it.",
    "help reset epilog": """\
examples:
  tinygen reset 06.3""",
}
