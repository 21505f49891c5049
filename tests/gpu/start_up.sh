#!/usr/bin/env bash
# The program beside every plug-in that does not help: it says why in one line and works on. Run by ctest.
#   tests/gpu/start_up.sh bathyscope-cli folder-of-plug-ins demo-checkpoint
set -euo pipefail
cli=$1 plugins=$2 model=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$cli" "$work/bathyscope-cli"
plugin=$work/libbathyscope_cuda.so
failed=0

# says what line [MEMORY]: info has that line; a generation runs without the GPU; asked for, it is refused.
says() {
  local what=$1 line=$2 memory=${3:-}
  local run=("$work/bathyscope-cli")
  [ -z "$memory" ] || run=(env "BATHYSCOPE_EMULATED_MEMORY=$memory" "${run[@]}")
  local info text refusal=""
  info=$("${run[@]}" info "$model" | grep -A1 -E 'CUDA' || true)
  text=$("${run[@]}" generate "$model" --prompt Hello --max-tokens 2 --context 64 2>"$work/errors") || text=""
  if "${run[@]}" generate "$model" --prompt Hello --max-tokens 2 --context 64 --backend cuda >/dev/null 2>"$work/refusal"; then
    refusal="was not refused"
  fi
  if [[ $info == *"$line"* && -n $text && -z $refusal ]] && grep -qF "$line" "$work/refusal" &&
    [ "$(wc -l <"$work/refusal")" -eq 1 ]; then
    echo "pass  $what"
    return
  fi
  failed=1
  echo "FAIL  $what: wanted '$line'"
  echo "  info: $info"
  echo "  text: $text; $(cat "$work/errors")"
  echo "  asked for: $refusal $(cat "$work/refusal")"
}

says "no plug-in" "there is no plug-in"
echo "no library" >"$plugin"
says "no library" "is damaged or cut short"
head -c 20000 "$plugins/libbathyscope_cuda.so" >"$plugin"
says "half a plug-in" "is damaged or cut short"
cp "$plugins/libfake_version.so" "$plugin"
says "a plug-in of another version" "the plug-in is of version"
cp "$plugins/libfake_build.so" "$plugin"
says "a plug-in of another build" "install both from one build"
cp "$plugins/libfake_foreign.so" "$plugin"
says "another library" "is not a Bathyscope plug-in"
cp "$plugins/libfake_no_device.so" "$plugin"
says "no device" "no CUDA-capable device"
cp "$plugins/libbathyscope_cuda.so" "$plugin"
says "a GPU too small for the model" "GPU memory: the model needs" $((300 << 20))

export BATHYSCOPE_EMULATED_GPUS=300,900
info=$("$work/bathyscope-cli" info "$model" | grep -A1 -E 'CUDA')
[[ $info == *"CUDA · GPU 1, SIMT emulator · 900 of 900"*"CUDA · GPU 0, SIMT emulator · 300 of 300"* ]] &&
  echo "pass  several GPUs, the best first" || { failed=1 && echo "FAIL  several GPUs: $info"; }
# refuses what line options…: a generation with them ends with that line.
refuses() {
  local what=$1 line=$2
  shift 2
  if ! "$work/bathyscope-cli" generate "$model" --prompt Hello --max-tokens 2 --context 64 "$@" >/dev/null 2>"$work/refusal" &&
    grep -qF -e "$line" "$work/refusal"; then
    echo "pass  $what"
  else
    failed=1
    echo "FAIL  $what: wanted '$line', found '$(cat "$work/refusal")'"
  fi
}
refuses "a GPU that is not there" "GPU: found 2, allowed 0 to 1" --device 2
refuses "a GPU for the CPU" "--device chooses among GPUs" --device 0 --backend cpu
exit $failed
