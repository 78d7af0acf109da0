"""The sample plans' figures, worked out again from the workbooks by other means than metas."""
