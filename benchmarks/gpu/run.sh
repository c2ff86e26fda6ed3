#!/usr/bin/env bash
# What a GPU makes of this package: environment, correctness, then speed; one JSON file a part, nine minutes at most.
#
#   OUT=results-h100 bash benchmarks/gpu/run.sh           on the card; no network is needed
#   OUT=trial bash benchmarks/gpu/run.sh --dry            the same on a CPU with a small model: whether it runs
#   OUT=results bash benchmarks/gpu/run.sh roofline race  some parts only
#
# OUT is the folder of the results, PYTHON the interpreter. Each part has its own limit in seconds: one that hangs or
# fails costs the others nothing. Exit with the number of parts that failed.
set -uo pipefail
cd "$(dirname "$0")/../.."

: "${OUT:?set OUT to the folder of the results}"
PYTHON=${PYTHON:-python3}
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
export PYTHONPATH="src:benchmarks/gpu${PYTHONPATH:+:$PYTHONPATH}"
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
export MODELS=${MODELS:-${TMPDIR:-/tmp}/qwen3-embed-gpu-models}

options=()
parts=()
for argument in "$@"; do
  case $argument in
    --dry) options+=(--dry) ;;
    *) parts+=("$argument") ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || parts=(environment kernels correctness roofline latency race large profile)

# 525 s together; correctness comes before speed
declare -A limit=(
  [environment]=45 [kernels]=45 [correctness]=110 [roofline]=25 [latency]=45 [race]=130 [large]=90 [profile]=35
)
failed=0
for part in "${parts[@]}"; do
  began=$SECONDS
  timeout --kill-after=5 "${limit[$part]}" \
    "$PYTHON" "benchmarks/gpu/part_$part.py" "${options[@]}" --out "$OUT/$part.json" 2>&1 | tee "$OUT/$part.log"
  status=${PIPESTATUS[0]}
  [ "$status" -eq 0 ] || failed=$((failed + 1))
  printf '== %s: exit %s after %s s (limit %s s)\n' "$part" "$status" $((SECONDS - began)) "${limit[$part]}"
done
printf '%s of %s parts failed; results in %s\n' "$failed" "${#parts[@]}" "$OUT"
exit "$failed"
