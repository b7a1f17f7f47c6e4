"""The exported probes as blank-separated text, for languages without JSON: python flatten.py < probe.json."""

import json
import sys

for probe in json.load(sys.stdin)["probes"]:
    steps = zip(probe["lr_of_step"], probe["forcing"], strict=True)
    head = [probe["name"].replace(" ", "_"), len(probe["start"]), len(probe["forcing"]), probe["weight_decay"]]
    print(*head, *probe["betas"], probe["eps"])
    for row in ("start", "curvature", "center"):
        print(*probe[row])
    for lr, forcing in steps:
        print(lr, *forcing)
