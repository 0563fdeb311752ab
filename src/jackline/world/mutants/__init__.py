"""The mutants: eighteen ways to take one protection out of the production code while a world runs.

Each one must die, that is, a judge must find the breach that the protection prevents; a mutant that lives says that
the worlds, or the judges, are not worth their time. Where a second layer hides the loss, the layer is named and
switched off too. What will never be here: a mutant that is on by default, or one that changes a world or a judge.
"""
