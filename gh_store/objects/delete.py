"""Deleting an object: fold what is pending, mark it, close, take the base label off."""

from gh_store import wire
from gh_store.processing.processor import Processor


def delete(processor: Processor, object_id: str) -> None:
    """
    Delete an object. Its issue and its history stay.

    Cut anywhere, it is either not deleted yet, or whoever meets both labels completes it.
    """
    issues = processor.issues
    head = issues.find(object_id)
    while True:
        if not head.settled:
            head = processor.process(head).head
        issues.label(head, wire.ARCHIVED_LABEL, on=True)  # from here on the object is deleted
        issues.forget(object_id)
        closed = issues.set_open(head, False)
        if not closed.has_label(wire.RETIRED_LABEL):
            break
        head = processor.segments.last(closed)  # it went on to another issue meanwhile
    if closed.issue.comments != head.issue.comments:
        processor.process(closed)  # events that were late: they are told so
    else:
        processor.close(closed)
