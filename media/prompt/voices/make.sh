#!/bin/sh
# Makes the built-in prompts beside this file: 8000 Hz mono mu-law WAV, peak -3 dB,
# silence cut at both ends. Needs espeak-ng and sox.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# say NAME WORDS...
say() {
	name=$1
	shift
	espeak-ng -v en-gb -s 145 -w "$work/voice.wav" "$*"
	sox -D "$work/voice.wav" -r 8000 -c 1 -e mu-law -b 8 "$name.wav" \
		gain -n -3 rate -h silence 1 0.02 0.5% reverse silence 1 0.02 0.5% pad 0 0.04 reverse pad 0 0.04 gain -n -3
}

say announcement "Thank you for calling. This is the Strowger demonstration announcement. Goodbye."
say confirm "You have a call. To take it, press one. Once more: to take the call, press one."
say greeting "Hello, this is the demo carrier. After the tone you will hear yourself."
say recorded "This call is recorded."
n=0
for word in zero one two three four five six seven eight nine; do
	say "digit-$n" "$word"
	n=$((n + 1))
done
say digit-plus "plus"
say digit-star "star"
say digit-hash "hash"
