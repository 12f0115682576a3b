"""A refusal that the cell turns into a typed error: `code` is one of its error codes."""


class Refused(Exception):
    def __init__(self, code, problem, **ids):
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.ids = ids
