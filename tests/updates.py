"""Objects and updates of them, of every kind, for the laws of the fold and of records."""

from hypothesis import strategies as st

from gh_store.domain.values import Mode

keys = st.sampled_from(["a", "b", "c/d", "e~f"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.floats(0, 1) | st.sampled_from(["", "@x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(keys, values, max_size=4)
paths = st.lists(keys | st.sampled_from(["0", "1", "-", "01", "x"]), max_size=3).map(
    lambda parts: "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
)
operations = st.lists(
    st.one_of(
        st.fixed_dictionaries({"op": st.sampled_from(["add", "replace", "test"]), "path": paths, "value": values}),
        st.fixed_dictionaries({"op": st.just("remove"), "path": paths}),
        st.fixed_dictionaries({"op": st.sampled_from(["move", "copy"]), "path": paths, "from": paths}),
    ),
    max_size=4,
)
updates = st.tuples(st.sampled_from([Mode.APPEND, Mode.MERGE, Mode.REPLACE]), objects) | st.tuples(
    st.just(Mode.PATCH), operations
)
