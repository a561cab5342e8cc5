"""Parses PowerShell scripts with the grammar of tree-sitter; ends with 1 where one does not parse."""

import sys

import tree_sitter
import tree_sitter_powershell

parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))


def faults(node):
    """The nodes that the grammar does not know, or misses."""
    if node.is_error or node.is_missing:
        yield node
    for child in node.children:
        yield from faults(child)


status = 0
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        text = file.read()
    tree = parser.parse(text)
    for node in faults(tree.root_node):
        line, column = node.start_point
        print(f"{path}:{line + 1}:{column + 1}: does not parse: {node.text[:60]!r}")
        status = 1
sys.exit(status)
