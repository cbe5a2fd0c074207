"""Conditions on the data of objects, in JMESPath."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from gh_store.domain.exceptions import InvalidInput
from gh_store.domain.values import StoredObject
from gh_store.wire import shortened

_LONGEST: Final = 200
_HINT: Final = "See https://jmespath.org. Strings stand in '…', numbers in `…`; `not_null(name, '')` is never null."


def condition(expression: str) -> Callable[[StoredObject], bool]:
    """
    Tells for which objects an expression is true, as JMESPath understands that: not for null, false, "", [] and {}.

    Raises:
        InvalidInput: It is not a valid expression, or calls a function that JMESPath does not have. The condition
            raises it for an object whose data are not of the type that a function needs.
    """
    found = query(expression)

    def matches(obj: StoredObject) -> bool:
        try:
            value = found(obj.data)
        except InvalidInput as error:
            raise InvalidInput(f"Object {obj.meta.object_id!r}: {error}", hint=error.hint) from error
        return bool(value) or (value == 0 and value is not False)

    return matches


def query(expression: str) -> Callable[[Any], Any]:
    """What an expression finds in a value. Raises InvalidInput as `condition` does."""
    # Few programs ask, and all would wait for the import.
    import jmespath  # noqa: PLC0415
    from jmespath.exceptions import ArityError, JMESPathError, UnknownFunctionError  # noqa: PLC0415
    from jmespath.functions import Functions  # noqa: PLC0415
    from jmespath.visitor import TreeInterpreter  # noqa: PLC0415

    class Interpreter(TreeInterpreter):
        """Text and numbers have no order: JMESPath says null, and the library lets Python's error out."""

        def visit_comparator(self, node: Any, value: Any) -> Any:
            try:
                return super().visit_comparator(node, value)
            except TypeError:
                return None

    if not isinstance(expression, str):
        raise InvalidInput(f"{shortened(expression)} is not a JMESPath expression.", hint=_HINT)
    faults = (JMESPathError, ArithmeticError, RecursionError, TypeError, ValueError)

    def invalid(error: Exception) -> InvalidInput:
        why = str(error) if not isinstance(error, RecursionError) else "it is nested too deep"
        why = " ".join(why.split()).removeprefix("Invalid jmespath expression: ").rstrip(".")[:_LONGEST]
        return InvalidInput(f"The expression {shortened(expression)} cannot be evaluated: {why}.", hint=_HINT)

    try:
        compiled = jmespath.compile(expression)
        for name, arguments in _calls(compiled.parsed):
            try:
                Functions().call_function(name, [None] * arguments)
            except (ArityError, UnknownFunctionError):
                raise
            except faults:
                pass  # it exists, and takes so many arguments
    except faults as error:
        raise invalid(error) from error

    def search(value: Any) -> Any:
        try:
            return Interpreter().visit(compiled.parsed, value)
        except faults as error:
            raise invalid(error) from error

    return search


def _calls(parsed: Any) -> Iterator[tuple[str, int]]:
    """The functions that an expression calls, and with how many arguments each."""
    nodes = [parsed]
    while nodes:
        node = nodes.pop()
        if node["type"] == "function_expression":
            yield node["value"], len(node["children"])
        nodes.extend(child for child in node["children"] if isinstance(child, dict))
