"""How an invoice looks."""


def page(number, customer, total):
    return f"Invoice {number}\n\nTo: {customer}\nTotal: {total:.2f} €\n\nThank you.\n"
