"""Deleting an object: fold what is pending, mark it, close, take the base label off."""

from gh_store import wire
from gh_store.access.lookup import find
from gh_store.domain.exceptions import IntegrityError
from gh_store.logger import logger
from gh_store.processing.completion import close
from gh_store.processing.processor import Processor


def delete(processor: Processor, object_id: str) -> None:
    """
    Delete an object. Its issue and its history stay.

    Cut anywhere, it is either not deleted yet, or whoever meets both labels completes it.
    """
    repo = processor.repo
    head = find(repo, object_id)
    while True:
        if head.retired or not (head.settled and repo.authority.believes(head)):
            try:
                head = processor.process(head).head
            except IntegrityError as error:  # what cannot be told any more can be deleted still
                logger.warning("{}", error)
        closed = repo.writer.archive(head)  # from here on the object is deleted
        repo.index.forget(object_id)
        if not closed.has_label(wire.RETIRED_LABEL):
            break
        head = processor.handover.last(closed)  # it went on to another issue meanwhile
    if closed.issue.comments != head.issue.comments:
        processor.process(closed)  # events that were late: they are told so
    else:
        close(processor.handover, closed)
