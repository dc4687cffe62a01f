"""A stack's exports, told in a few lines: each is an output of a component."""

import pulumi


def export(component: pulumi.ComponentResource, *names: str, prefix: str = "") -> None:
    """Export outputs of a component under their own names.

    Args:
        component: whose outputs they are.
        names: of the outputs.
        prefix: what each name begins with in the stack, for outputs whose names say too little there.

    Raises:
        AttributeError: the component has no such output.
    """
    for name in names:
        pulumi.export(prefix + name, getattr(component, name))
