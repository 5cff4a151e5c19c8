package prose

import (
	"strconv"
	"strings"
)

// maxMistakes is how many mistakes Closest forgives, and maxMistakesShort how many
// in what has at most shortLetters letters: of those, two mistakes leave hardly
// anything.
const (
	maxMistakes      = 2
	maxMistakesShort = 1
	shortLetters     = 3
)

// Closest is the name that a mistyped one was most likely meant to be: the one with
// the fewest Mistakes. It is "" if none is close: if there are more than two
// mistakes, or more than one in what has three letters or fewer, or if every letter
// of the name is another. Of equally close names it is the first in the order of the
// alphabet, whatever the order of names is.
func Closest(given string, names []string) string {
	forgiven := maxMistakes
	if len([]rune(given)) <= shortLetters {
		forgiven = maxMistakesShort
	}
	best, fewest := "", forgiven+1
	for _, name := range names {
		letters := len([]rune(name))
		if d := len([]rune(given)) - letters; max(d, -d) > forgiven {
			continue
		}
		if n := Mistakes(given, name); n < letters && (n < fewest || n == fewest && best != "" && name < best) {
			best, fewest = name, n
		}
	}
	return best
}

// Mistakes is how many letters one has to insert, remove, change or swap with their
// neighbour to make the name of the given text. Upper and lower case make no
// difference. It is the optimal string alignment distance.
func Mistakes(given, name string) int {
	a, b := []rune(strings.ToLower(given)), []rune(strings.ToLower(name))
	before, last := make([]int, len(b)+1), make([]int, len(b)+1) // the rows of i-2 and of i-1
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			changed := last[j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			row[j] = min(row[j-1]+1, last[j]+1, changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// Suggest asks, after a sentence, about the Closest of some words, in quotes:
// ` Did you mean "path"?`. It is "" if none is close.
func Suggest(given string, words []string) string { return DidYouMeanWord(Closest(given, words)) }

// DidYouMeanWord asks, after a sentence, about a word, in quotes. It is "" for "".
func DidYouMeanWord(word string) string {
	if word == "" {
		return ""
	}
	return DidYouMean(strconv.Quote(word))
}

// DidYouMean asks, after a sentence, about what is written without quotes, such as
// an address, a command or an option: " Did you mean context.ssh.web?". It is ""
// for "".
func DidYouMean(written string) string {
	if written == "" {
		return ""
	}
	return " Did you mean " + written + "?"
}
