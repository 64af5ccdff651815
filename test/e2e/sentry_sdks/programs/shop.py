"""What fails in the Python programs: one error with a number that changes, and another one."""


def checkout(article):
    total = article * 2
    raise LookupError("no price for article %d" % article)


def refund():
    raise TypeError("refund without an order")


def order(article):
    return refund() if article is None else checkout(article)


# One error twice, another one in between.
ARTICLES = [1234, None, 77]
PATHS = ["/checkout/1234", "/refund", "/checkout/77"]


def fail(path):
    return order(None if path == "/refund" else int(path.rpartition("/")[2]))
