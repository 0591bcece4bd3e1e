package source

import (
	"fmt"
	"slices"
	"strings"
)

// longestWord bounds the comparison of words, which is quadratic.
const longestWord = 64

// Suggest says which of the words was probably meant, or lists them.
func Suggest(word string, words []string) string {
	words = slices.Compact(slices.Sorted(slices.Values(words)))
	best, least := "", 1+max(1, len(word)/3)
	for _, w := range words {
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	switch {
	case best != "":
		return "did you mean \"" + best + "\"?"
	case len(words) == 0:
		return "there are none"
	case len(words) > maxTold:
		return fmt.Sprintf("known are %s and %d more", strings.Join(words[:maxTold], ", "), len(words)-maxTold)
	default:
		return "known are " + strings.Join(words, ", ")
	}
}

// maxTold bounds the words that are listed.
const maxTold = 30

// distance counts the edits (one letter more, less or other) between two words.
func distance(a, b string) int {
	if len(a) > longestWord || len(b) > longestWord {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

func contains(words []string, word string) bool { return slices.Contains(words, word) }
