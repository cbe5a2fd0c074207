"""
The wire format: text <-> events, bodies, titles, labels and replies. Nothing else knows it.

Everything here is pure. Text from an issue is hostile until it has been parsed here.
"""

from gh_store.wire.events import CLIENT_VERSION, copy_id, meta_object_id, meta_origin, read_event, write_event
from gh_store.wire.replies import fingerprint, read_reply, read_said, write_post_anew, write_put_back, write_reply
from gh_store.wire.seals import Seal, read_seal, read_since, seal_of, write_seal, write_since
from gh_store.wire.titles import (
    ARCHIVED_LABEL,
    RETIRED_LABEL,
    SYSTEM_LABEL,
    Checkpoint,
    check_new_object_id,
    check_object_id,
    hashed_label,
    plain_label,
    read_title,
    withheld_title,
    write_title,
)
from gh_store.wire.values import (
    BLANK,
    MAX_DEPTH,
    WORST_GROWTH,
    canonical,
    check_size,
    check_value,
    copy_value,
    nested_deeper,
    parse,
    read_body,
    read_value,
    shortened,
    write_body,
    write_value,
)

__all__ = [
    "ARCHIVED_LABEL",
    "BLANK",
    "CLIENT_VERSION",
    "MAX_DEPTH",
    "RETIRED_LABEL",
    "SYSTEM_LABEL",
    "WORST_GROWTH",
    "Checkpoint",
    "Seal",
    "canonical",
    "check_new_object_id",
    "check_object_id",
    "check_size",
    "check_value",
    "copy_id",
    "copy_value",
    "fingerprint",
    "hashed_label",
    "meta_object_id",
    "meta_origin",
    "nested_deeper",
    "parse",
    "plain_label",
    "read_body",
    "read_event",
    "read_reply",
    "read_said",
    "read_seal",
    "read_since",
    "read_title",
    "read_value",
    "seal_of",
    "shortened",
    "withheld_title",
    "write_body",
    "write_event",
    "write_post_anew",
    "write_put_back",
    "write_reply",
    "write_seal",
    "write_since",
    "write_title",
    "write_value",
]
