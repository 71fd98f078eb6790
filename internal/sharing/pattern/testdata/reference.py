# Says of each line of standard input, {"pattern": ..., "data": [bundles]}, what
# the reference implementations do: {"valid": ..., "match": true, false or null}.
import json
import sys

from stix2matcher.matcher import match
from stix2patterns.validator import validate

for line in sys.stdin:
    case = json.loads(line)
    try:
        matches = bool(match(case["pattern"], case["data"], stix_version="2.1"))
    except Exception:  # whatever it is: it is not said
        matches = None
    print(json.dumps({"valid": validate(case["pattern"], "2.1"), "match": matches}))
