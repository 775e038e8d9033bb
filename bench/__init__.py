"""Speed and memory of truewheel beside other tools: whole processes, in turn, on published wheels."""
