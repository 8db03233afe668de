"""What the lessons, the stepper and the checker say to learners and teachers."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- in a lesson -----------------------------------------------------------------------------
    "lesson picture": "picture: {path}\n         {alt}",
    "lesson predict": "\nPredict {number}: {question}",
    "lesson reveal": "Answer {number}: {answer}) {why}",
    "lesson stub": "{number}: write {name} (lines: about {lines}; hints: tinygen hint {number})",
    "lesson mine": "{number}: from here on your own {name} runs.",
    "lesson not mine": "{number}: {name} is not written yet. From here on the reference's runs.",
    # ---- tinygen lessons, the book and notebooks -------------------------------------------------
    "help lessons": "list the lessons; make pages or notebooks of them",
    "help lessons long": "List the lessons, with what you have done of each. Or make pages of "
    "them, run, with all that they print and draw, to read in any browser or to print; or a "
    "notebook, for Jupyter.",
    "help lessons epilog": """\
examples:
  tinygen lessons                       the list
  tinygen lessons html book             a page of each lesson, into the folder book
  tinygen lessons html book 06 07       of these two
  tinygen lessons notebook 06           06_convolution.ipynb, with stubs to fill in
  tinygen lessons notebook 06 --solved  with the solutions

A lesson is a file of Python as well: python lessons/06_convolution.py runs it.""",
    "lessons help html": "write lessons as pages, run, that need no network",
    "lessons help notebook": "write a lesson as a notebook",
    "lessons help folder": "the folder of the pages",
    "lessons help which": "their numbers, such as 06; all if there are none",
    "lessons help lesson": "its number, such as 06",
    "lessons help solved": "with the solutions of the exercises",
    "lessons help out": "the notebook (default: the lesson's name, in this folder)",
    "lessons column lesson": "Lesson",
    "lessons column minutes": "minutes",
    "lessons column exercises": "exercises done",
    "lessons column read": "read",
    "lessons exercises": "{done} of {count}",
    "lessons no exercises": "-",
    "lessons read": "all",
    "lessons begun": "step {step} of {steps}",
    "lessons not begun": "-",
    "lessons next": "tinygen step {number} goes through lesson {number} here.",
    "lessons notebook": "Notebook  {path}",
    "lessons failed": "a cell failed:\n{told}",
    "book written": "Lesson {number}  {page}",
    "book index": "Open {page} in a browser.",
    "book title": "The lessons of tinygen",
    "book about": "How images are generated and edited by neural networks, from the first array "
    "on. Each page was made by running the lesson that it shows.",
    "book lead": "{minutes} minutes. Builds on {builds_on}.",
    "book lead first": "{minutes} minutes.",
    "book minutes": "{minutes} minutes",
    "book footer": "Made by tinygen lessons html. The code of the page was run, and what stands "
    "below it is what it printed and drew.",
    "book all": "All lessons",
    "book unfold": "Unfold or fold all",
    "book predict": "Predict before you read on",
    "book later": "The answer comes after the cell that shows it.",
    "book answer": "Answer",
    "book hint": "Hint {number} of {count}",
    "book solution": "Solution",
    "book teacher": "For the teacher",
    "book exercise": "Exercise {number} · {title}",
    "book size": "Write {name}. Difficulty: {difficulty} of 5. Minutes: {minutes}. Lines: about "
    "{lines}. Checked by: tinygen check {number}",
    # ---- tinygen step ----------------------------------------------------------------------------
    "help step": "step through a lesson in the terminal",
    "help step long": "Show a lesson step by step: words, the code of a cell, and when you press "
    "Enter, what the cell prints and where its pictures are. Questions are asked before the cell "
    "that answers them. Where you quit is remembered: the same command goes on there. Where nobody "
    "can answer (no terminal, a CI machine, --auto) nothing is asked.",
    "help step epilog": """\
examples:
  tinygen step 02               begin lesson 02, or go on where you quit
  tinygen step 02 --from 1      begin it anew
  tinygen step 06 --mine        run it on the functions that you wrote and that passed their checks
  tinygen step 06 --auto        run all of it without a question

keys, each followed by Enter:
  Enter run the cell, b back, s skip, q quit, ? help""",
    "step help lesson": "its number, such as 06",
    "step help auto": "show and run everything, wait for nothing",
    "step help mine": "use your own functions, those that passed their checks",
    "step help from": "begin at this step; the code before it runs silently",
    "step place": "{step} of {steps}",
    "step prompt run": "[Enter] run   [b]ack  [s]kip  [q]uit  [?] help  > ",
    "step prompt next": "[Enter] go on   [b]ack  [s]kip  [q]uit  [?] help  > ",
    "step keys": """\
Enter   run the cell, or go on if it has run
b       back: show the step before this one again; nothing runs twice
s       skip: run this step silently, and go on
q       quit; tinygen step {number} goes on here
?       this help
A key is typed and then Enter pressed. At a question, type the letter of your answer.""",
    "step unknown": "{given!r} is no key here: Enter, b, s, q or ?",
    "step first": "This is the first step.",
    "step guess": "Your guess ({letters}; s to leave it open)  > ",
    "step no guess": "{given!r} is none of {letters}. Type a letter, or s to leave the question "
    "open, or q to quit.",
    "step picture": "picture: {path}",
    "step right": "Answer {number}: you said {guess}, and so it is. {why}",
    "step wrong": "Answer {number}: you said {guess}; it is {answer}: {why}",
    "step exercise": "Exercise {number}: write {name}. Difficulty: {difficulty} of 5. Minutes: "
    "{minutes}. Lines: about {lines}. Checked by: tinygen check {number}. Stuck: tinygen hint "
    "{number}",
    "step exercise reference": "Here the lesson goes on with the reference's version.",
    "step exercise yours": "Here the lesson goes on with your own {name}.",
    "step exercise not yours": "Here the lesson goes on with the reference's version: yours has "
    "not passed its check, or has changed since.",
    "step given yours": "({name}, exercise {number}: yours)",
    "step given not yours": "({name}, exercise {number}: the reference's)",
    "step mine": "Yours, as they passed their checks: {names}",
    "step none mine": "No exercise up to this lesson has passed its check as it is now in "
    "{folder}: the reference's functions run. (tinygen check)",
    "step mine broken": "your file cannot be run: {reason}",
    "step no folder": "--mine needs the folder of your exercises: {reason}",
    "step resumed": "You were at step {step} of {steps}: going on there. (tinygen step {number} "
    "--from 1 begins anew.)",
    "step replay": "Running the code before step {step}, silently ...",
    "step failed": "This cell failed:",
    "step failed go on": "Enter goes on with the next step all the same; later cells may miss "
    "what this one defines.",
    "step interrupted": "Stopped this cell. Enter runs it again.",
    "step quit": "Until next time: tinygen step {number} goes on at step {step} of {steps}.",
    "step not kept": "Note: where you are cannot be remembered ({reason}).",
    "step end": "That was lesson {number}.",
    "step end exercises": "Its exercises: tinygen check {number}",
    "step end next": "Next: tinygen step {number}",
    "step no step": "lesson {number} has {steps} steps: --from {given} is none of them",
    # ---- tinygen teacher grade -------------------------------------------------------------------
    "help teacher": "for teachers: grade what a class handed in",
    "help teacher long": "What a teacher needs; tinygen teacher ACTION --help explains an action.",
    "help teacher epilog": """\
examples:
  tinygen teacher grade submissions                     all lessons that were handed in
  tinygen teacher grade submissions --lesson 06 --seed 7 --csv marks.csv
  tinygen teacher grade /autograder/submission --gradescope /autograder/results""",
    "teacher help grade": "grade many submissions, each in processes of its own",
    "teacher help grade long": "FOLDER holds a folder or a Python file for each student (or is "
    "one student's folder, with files named as the lessons are). Each exercise is judged on cases "
    "drawn anew from the seed, and is worth one point. The results are written after each "
    "submission, whatever it does. With bubblewrap (Linux) a submission can reach neither the "
    "answers nor other files nor the network. Where that does not work, as on macOS, Windows and "
    "inside most containers, a submission can read and write all that you can: then --trust is "
    "needed.",
    "teacher help folder": "the submissions",
    "teacher help lesson": "a lesson's number, such as 06; may be given several times (default: "
    "those that were handed in)",
    "teacher help seed": "draws the cases; the same for all students (default: {default})",
    "teacher help csv": "the gradebook (default: grades.csv, unless --gradescope is given)",
    "teacher help gradescope": "a folder for Gradescope's results.json: one for each student in a "
    "folder of theirs",
    "teacher help jobs": "how many submissions are graded at once (default: one for each core)",
    "teacher help trust": "grade without isolation: submissions can read the answers and other "
    "people's files, and write and delete yours",
    "teacher not isolated": "submissions are programs of other people, and this machine has no "
    "way to keep them from your files and from the answers (bubblewrap is missing or may not "
    "work). {advice} Or give --trust, if you trust everybody who handed in: a submission can then "
    "read the answers and other submissions, and write and delete your files.",
    "teacher advice linux": "Install it (the package is called bubblewrap), or let it make user "
    "namespaces; inside a container it mostly may not.",
    "teacher advice other": "It exists for Linux only: grade on Linux, or in a virtual machine.",
    "teacher no submissions": "{folder} holds no submissions: folders or Python files, one for "
    "each student",
    "teacher no lesson": "none of the files in {folder} is named as a lesson: {names}",
    "teacher not a folder": "{folder} is not a folder",
    "teacher isolation": "Isolation: {name}. Seed: {seed}. Submissions: {count}.",
    "teacher our fault": "This could not be graded, and it is not your fault: {reason}",
    "teacher not handed in": "There is no file for lesson {lesson}.",
    "teacher score": "{score} of {most} right",
    "teacher line": "{number}/{count}  {student}  {score}  {seconds:.1f} s  {keys}",
    "teacher column exercise": "Exercise",
    "teacher column passed": "right",
    "teacher column wrong": "wrong",
    "teacher column missing": "not done",
    "teacher column common": "most often",
    "teacher written": "Written: {path}",
    "teacher failed": "{count} answers could not be graded: see the column of their exercise "
    "({name}). That is our fault, not the students'.",
}
