#!/usr/bin/env bash
# Counts the instructions that one message costs in the core and the codec, with valgrind, and compares them with the
# figure in instructions.txt: more than 5 % above it fails, more than 5 % below it asks for a new figure. It does not
# depend on what else the machine does, only on compiler and libraries.
#   tests/speed/instructions.sh PROGRAM
set -euo pipefail
few=2000
many=12000
stored=$(grep -v '^#' "$(dirname "$0")/instructions.txt")

counted() { # messages
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" 2>&1 |
    sed -n 's/.*Collected : *//p'
}

program=$1
cost=$((($(counted $many) - $(counted $few)) / (many - few)))
echo "$cost instructions a message, $stored stored ($((100 * (cost - stored) / stored)) %)"
if ((cost * 100 > stored * 105)); then
  echo "TOO MUCH: find what made it dearer (callgrind_annotate), or say in instructions.txt why it is worth it"
  exit 1
fi
if ((cost * 100 < stored * 95)); then
  echo "CHEAPER than the stored figure: write $cost into tests/speed/instructions.txt, so that it stays so"
fi
