#!/usr/bin/env bash
# Asks once, writes the answer in each form that the build wants, and says the
# verdict to the steps that follow. The first argument is the program. See
# docs/gate.md; action.yml sets the environment.
set -euo pipefail

program=$1
data=${DATA:-${RUNNER_TEMP:-/tmp}/countersign-data}
mkdir -p "$data"

run() { "$program" --data "$data" "$@"; }

# Lines of IMPORT are paths; empty ones are passed over.
while IFS= read -r path; do
  if [ -n "$path" ]; then
    run import "$path"
  fi
done <<<"${IMPORT:-}"

# A policy of one's own is applied without recording: it need not be held.
question=(check "$SBOM" --purpose "${PURPOSE:-operate}")
first=()
if [ -n "${POLICY:-}" ]; then
  question+=(--policy "$POLICY")
  first=(--dry-run)
fi

# Exit codes 3 and 4 are verdicts; others than these and 0 are failures.
ask() {
  local code=0
  run "${question[@]}" "$@" || code=$?
  case $code in
    0) verdict=allow ;;
    3) verdict=review ;;
    4) verdict=deny ;;
    *) exit "$code" ;;
  esac
}

ask ${first[@]+"${first[@]}"} --format sarif --output "$SARIF"

# Code scanning knows no suppressions: what a VEX statement silences would be an
# open alert there.
if command -v jq >/dev/null; then
  jq 'del(.runs[].results[] | select((.suppressions // []) | length > 0))' "$SARIF" >"$SARIF.open"
  mv "$SARIF.open" "$SARIF"
fi

if [ -n "${JUNIT:-}" ]; then
  ask --dry-run --format junit --output "$JUNIT"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  ask --dry-run --format markdown >>"$GITHUB_STEP_SUMMARY"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  echo "verdict=$verdict" >>"$GITHUB_OUTPUT"
fi
