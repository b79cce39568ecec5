"""One customer as one line."""


def row(customer):
    since = customer["last_order"].isoformat()  # <late>
    return f"{customer['name']},{customer['orders']},{since}\n"
