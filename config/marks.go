package config

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/marks"
)

// Mark is a property that a value hands on to everything made from it. Package
// marks defines the marks; they are repeated here for those who use config.
type Mark = marks.Mark

// The marks, as package marks explains them.
const (
	Sensitive = marks.Sensitive
	Ephemeral = marks.Ephemeral
	Echoed    = marks.Echoed
	Volatile  = marks.Volatile
	Passing   = marks.Passing
)

// IsSensitive reports whether any part of a value must not be shown.
func IsSensitive(v cty.Value) bool { return marks.IsSensitive(v) }

// IsEphemeral reports whether any part of a value must not be stored.
func IsEphemeral(v cty.Value) bool { return marks.IsEphemeral(v) }

// IsSecret reports whether any part of a value must not be shown or not be
// stored.
func IsSecret(v cty.Value) bool { return marks.IsSecret(v) }

// IsVolatile reports whether a part of a value is unknown because it is new at
// every apply.
func IsVolatile(v cty.Value) bool { return marks.IsVolatile(v) }

// SecretTexts are the strings and numbers in a value that are marked as secret,
// one by one. Keys are not among them.
func SecretTexts(v cty.Value) []string { return marks.SecretTexts(v) }

// Texts are all strings and numbers in a value, and the keys of its maps and
// objects.
func Texts(v cty.Value) []string { return marks.Texts(v) }
