"""What fails in the Python programs: one error with a number that changes, and another one."""


def checkout(article):
    total = article * 2
    raise LookupError("no price for article %d" % article)


def refund():
    raise TypeError("refund without an order")


# One error twice, another one in between.
ORDERS = [lambda: checkout(1234), refund, lambda: checkout(77)]
PATHS = ["/checkout", "/refund", "/checkout"]


def fail(path):
    return refund() if path == "/refund" else checkout(1234)
