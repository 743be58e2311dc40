"""Who may decide what on a quote. A group's decision belongs to the group.

Staff and leads propose. The group says yes or no, and may think again. Staff may take back what nobody has decided on
yet. A lead may decide otherwise than the group, or before it, with a reason that stays beside the quote for everybody.
"""

from admin_web.archive.records.quotes import Decider, Quote, QuoteState
from kiosk.errors import NotAllowed


def overrides(quote: Quote, state: QuoteState, role: Decider, reason: str) -> bool:
    """Say whether this decision is a lead's in place of the group's.

    Raises:
        NotAllowed: It may not be made at all; the message says what may.
    """
    last = quote.decided
    if quote.state == state or state == "proposed":
        raise NotAllowed(f"The quote {quote.number} is {state} already.")
    if role in ("teller", "redaction"):
        return False
    if last and last.state == "withdrawn" and last.role != "group" and not last.overrides:
        raise NotAllowed(f"The quote {quote.number} was taken back. Whoever wants it proposes it again.")
    if role == "group":
        return False
    if state == "withdrawn" and not last:
        return False
    if role == "staff":
        raise NotAllowed(
            "The group decides on this quote. Staff can only take back a quote that nobody has decided on yet."
        )
    if not reason.strip():
        raise NotAllowed("This belongs to the group. To decide in its place, write your reason. The group can read it.")
    return True
