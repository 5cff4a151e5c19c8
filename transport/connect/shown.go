package connect

// Connectors hide their passwords, passphrases and keys: whoever prints or logs one, alone or
// inside another value, gets Masked in the place of each. Each such kind does it by the two
// methods Format, for package fmt, and MarshalText, for loggers and JSON.

// Masked is what is shown of a secret that is set.
const Masked = "(secret)"

// Mask is what is shown of a secret.
func Mask(secret string) string {
	if secret == "" {
		return ""
	}
	return Masked
}

// shown is a connector of a kind that becomes a user. The agent links it: it is short.
func shown(kind, user, password string) []byte {
	return []byte(kind + "{User:" + user + " Password:" + Mask(password) + "}")
}
