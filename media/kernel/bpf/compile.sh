#!/bin/sh
# Compiles forward.c into the file that is named. It needs Debian's packages clang-14,
# llvm-14, libbpf-dev and linux-libc-dev.
set -eu
cd "$(dirname "$0")"
out=${1:-forward.o}
clang-14 -O2 -g -Wall -Werror -target bpfel -mcpu=v2 -I"/usr/include/$(uname -m)-linux-gnu" \
  -ffile-prefix-map="$PWD"=. -fdebug-compilation-dir=. -c forward.c -o "$out"
llvm-strip-14 -g "$out"
