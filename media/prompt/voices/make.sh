#!/bin/sh
# Makes the built-in voices beside this file out of en.txt and cy.txt: 8000 Hz mono
# A-law without silence at its ends, of equal loudness (RMS -20 dB of full scale),
# faded in and out. `make voices` runs it. Needs espeak-ng and sox.
#
#   make.sh [FOLDER [LANGUAGE/NAME]]   into another folder; one prompt only
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here} only=${2-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
level=-20

# say VOICE SPEED FILE WORDS
say() {
	espeak-ng -v "$1" -s "$2" -w "$work/said.wav" "$4"
	sox -D "$work/said.wav" -r 8000 -c 1 -b 16 "$work/cut.wav" \
		gain -3 highpass 120 rate -h silence 1 0.01 0.5% reverse silence 1 0.01 0.5% pad 0 0.03 reverse pad 0 0.04
	rms=$(sox "$work/cut.wav" -n stats 2>&1 | awk '/^RMS lev dB/ { print $4 }')
	sox -D "$work/cut.wav" -t al -r 8000 -c 1 "$3" \
		gain -l "$(awk "BEGIN { print $level - ($rms) }")" fade t 0.01 0 0.02
}

# voice LANGUAGE ESPEAK-VOICE: phrases are said slower than what is put together.
voice() {
	mkdir -p "$out/$1"
	speed=175
	while read -r name words; do
		case $name in
		'') ;;
		'#') [ "$words" = Phrases ] && speed=150 || speed=175 ;;
		*) [ -n "$only" ] && [ "$only" != "$1/$name" ] || say "$2" "$speed" "$out/$1/$name.alaw" "$words" ;;
		esac
	done
}

voice en en-gb <"$here/en.txt"
voice cy cy <"$here/cy.txt"
