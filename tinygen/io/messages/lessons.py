"""What the lessons, the stepper and the checker say to learners and teachers."""

from __future__ import annotations

__all__ = ["MESSAGES"]

MESSAGES: dict[str, str] = {
    # ---- in a lesson -----------------------------------------------------------------------------
    "lesson picture": "picture: {path}\n         {alt}",
    "lesson predict": "\nPredict {number}: {question}",
    "lesson reveal": "Answer {number}: {answer}) {why}",
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
    "lessons no folder": "tinygen start course makes a folder to write the exercises in.",
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
    "step guess missing": "Type a letter ({letters}), or s to leave the question open, or q to "
    "quit.",
    "step picture": "picture: {path}",
    "step right": "Answer {number}: you said {guess}, and so it is. {why}",
    "step wrong": "Answer {number}: you said {guess}; it is {answer}: {why}",
    "step exercise": "Exercise {number}: write {name} in {file}. Difficulty: {difficulty} of "
    "5. Minutes: {minutes}. Lines: about {lines}. Checked by: tinygen check {number}. Stuck: "
    "tinygen hint {number}",
    "step exercise reference": "Here the lesson goes on with the reference's version. With "
    "--mine it takes yours, once that has passed.",
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
    "help teacher": "for teachers: hand out, grade, check lessons",
    "help teacher long": "What a teacher needs; tinygen teacher ACTION --help explains an action.",
    "help teacher epilog": """\
examples:
  tinygen teacher grade submissions                     all lessons that were handed in
  tinygen teacher grade submissions --lesson 06 --seed 7 --csv marks.csv
  tinygen teacher grade /autograder/submission --gradescope /autograder/results
  tinygen teacher release course 06 --gradescope        what students get, and an autograder
  tinygen teacher check 06                              whether a lesson keeps the rules""",
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
    # ---- tinygen teacher check -------------------------------------------------------------------
    "teacher help check": "look whether lessons and their checks keep the rules",
    "teacher help check long": "Print a line for each rule that a lesson or its checks do not "
    "keep: file, line, and what is wrong. The solutions are run on the cases of three seeds, and "
    "none of the wrong answers that a check knows may pass. Warnings may have a reason.",
    "lint line": "{path}:{line}: {words}",
    "lint warning": "{path}:{line}: warning: {words}",
    "lint summary": "Lessons: {lessons}. Exercises: {exercises}. Faults: {faults}. Warnings: "
    "{warnings}.",
    "lint unreadable": "it cannot be read: {reason}",
    "lint first cell": 'the first cell must be of words and marked lesson="{number}"',
    "lint heading": "mark and heading must have the file's number: # # {number} · Title",
    "lint able to": "it must begin with what a student will be able to do: You will be able to",
    "lint minutes": "minutes must be a number from {least} to {most}",
    "lint builds on": "builds_on names {number}, which is no earlier lesson",
    "lint setup": "the second cell must be called setup",
    "lint begin": 'begin("{number}") must be called once',
    "lint teacher": 'the last cell, and no other, must be marked teacher="{number}"',
    "lint long cell": "{count} lines of code in a cell, of at most {most}",
    "lint long line": "a line of {count} letters, of at most {most}",
    "lint silent assert": "an assert without a message",
    "lint no assert": "the lesson asserts nothing of what it shows",
    "lint predictions": "predictions must be numbered in their order: {keys}",
    "lint count of predictions": "{count} predictions, where {least} to {most} are wanted",
    "lint options": "{name} needs two options or more, all different",
    "lint not revealed": "{name} is never answered",
    "lint revealed at once": "{name} is answered in the cell that asks, or before",
    "lint letter": "{name} has no option {letter}",
    "lint not asked": "{name} is answered and was not asked",
    "lint numbers": "exercises must be numbered in their order, each once: {numbers}",
    "lint no title": "exercise {number} has no title",
    "lint difficulty": "difficulty must be a number from 1 to 5, not {given}",
    "lint exercise minutes": "an exercise may take 1 to 30 minutes, not {given}",
    "lint no hints": "the cell below exercise {number} must have its hints",
    "lint hints": "exercise {number} needs three hints, not {count}",
    "lint stub": "the stub of exercise {number} must be found not attempted, not {status}",
    "lint given": "given({given}): no exercise of an earlier lesson",
    "lint needs": "needs {given}, which is no earlier exercise",
    "lint imports": "imports {module}: a lesson needs no files, no network and no clock",
    "lint reaches": "{call}: a lesson reads and writes no files, and waits for nobody",
    "lint to write": "exercise {number} announces {said} lines, where {least} to {most} are wanted",
    "lint announced": "exercise {number} announces {said} lines; its solution has {count}",
    "lint no check": "exercise {number} has no check",
    "lint no exercise": "there is a check of {number}, and no such exercise",
    "lint no cases": "the check of {number} has no cases or no outputs",
    "lint solution": "the solution of {number} does not pass with seed {seed}: {diagnosis}",
    "lint fails": "the check of {number} fails: {reason}",
    "lint mistakes": "the check of {number} knows {count} mistakes, where {least} are wanted",
    "lint mistake passes": "the mistake {name} of {number} passes the check",
    "lint same number": "it has the number of {name}",
    "lint no lesson": "it belongs to no lesson",
    "lint other cells": "its cells are not those of the English {name}, or have other marks",
    # ---- tinygen teacher release -----------------------------------------------------------------
    "teacher help release": "write exercises without answers, to hand out",
    "teacher help release long": "Write into DIR: students, the folder that tinygen start lays, "
    "without the lessons' pages for teachers; release, the lessons as notebooks with a cell to "
    "write in for each exercise and a locked one that checks it; source, the same with solutions "
    "and hidden tests. The marks of these cells are nbgrader's, and DIR can be an nbgrader course. "
    "With --gradescope also gradescope, the scripts of an autograder.",
    "teacher help release folder": "where to write",
    "teacher help lessons": "their numbers, such as 06; all if there are none",
    "teacher help release gradescope": "write the scripts of an autograder for Gradescope too",
    "teacher help release seed": "draws the cases that students do not see (default: another one "
    "each time)",
    "teacher help force": "replace files that are there",
    "release there": "{count} of the files are there already, such as {path}: choose another "
    "folder, or give --force to replace them",
    "release about students": "for students: lessons to read, exercises to write",
    "release about release": "for students: notebooks with stubs",
    "release about source": "for you alone: notebooks with solutions and hidden tests",
    "release about gradescope": "for you alone: the autograder's scripts; put a folder wheels "
    "beside them",
    "release written": "{folder}  {about}",
    "release seed": "The seed of the hidden cases is {seed}; it stands in the files for you alone.",
    "release test": "The check of {name}: run it as often as you like.",
    "release setup": """\
Gradescope runs this once, when it makes the image. It installs tinygen from the folder wheels
beside it, and asks no network for it. In wheels: tinygen, NumPy, Matplotlib, rich, Pillow, and what
these need.""",
    "release run": """\
Gradescope runs this for each submission. Within its container there is mostly no isolation, hence
--trust: a submission can read the answers that are installed here, and write to its own results.
The seed draws the cases: keep it to yourself.""",
    "release not graded": "This submission could not be graded, which is our fault or that of a "
    "submission that stopped the grader. Please tell your teacher.",
}
