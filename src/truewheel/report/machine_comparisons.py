"""Comparisons as JSON, in the documents of `diff` and `build`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truewheel.report.json_text import json_text
from truewheel.report.shapes import Json

if TYPE_CHECKING:
    from truewheel.compare.model import Comparison, Difference, Tree


def compared(comparison: Comparison) -> Json:
    """The comparison in the document of `diff`."""
    from truewheel.report.differences import explanations  # noqa: PLC0415  # for diff alone

    return {
        "left": _side(comparison.left),
        "right": _side(comparison.right),
        "identical": comparison.identical,
        "equal": comparison.equal,
        "same_contents": comparison.same_contents,
        "contents_only": comparison.contents_only,
        "compared": comparison.compared,
        "causes": [
            {
                "id": item.reason.id,
                "title": item.reason.title,
                "why": item.reason.why,
                "remedy": item.reason.remedy,
                "sure": item.sure,
                "follows": item.follows,
                "members": [json_text(member) for member in item.members],
            }
            for item in explanations(comparison)
        ],
        "unexplained": [json_text(member) for member in comparison.unexplained],
        "differences": [_difference(difference) for difference in comparison.differences],
    }


def _side(tree: Tree) -> Json:
    return {
        "form": tree.form,
        "name": json_text(tree.name),
        "size": tree.size,
        "sha256": tree.sha256,
        "members": len(tree.leaves),
    }


def _difference(difference: Difference) -> Json:
    left, right = difference.left, difference.right
    return {
        "place": json_text(difference.place),
        "kind": difference.kind.value,
        "summary": json_text(difference.summary),
        "left": None if left is None else json_text(left),
        "right": None if right is None else json_text(right),
        "follows": difference.follows,
        "causes": [
            {"id": cause.reason.id, "evidence": json_text(cause.evidence), "sure": cause.sure}
            for cause in difference.causes
        ],
        "lines": [
            {"mark": line.mark.value, "left": line.left, "right": line.right, "text": json_text(line.text)}
            for line in difference.lines
        ],
        "inside": [_difference(part) for part in difference.inside],
    }
